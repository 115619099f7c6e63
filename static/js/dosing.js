// Comforts of the pages of a dosing session: all of them work without this file.
"use strict";
{
  // The rail scrolls on a phone: this phase is to be seen.
  const rail = document.querySelector(".phases"), here = rail?.querySelector("[aria-current]");
  if (here) rail.scrollLeft = here.offsetLeft - rail.offsetLeft - 16;

  for (const button of document.querySelectorAll("[data-rest]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const set of button.closest("section").querySelectorAll("[role=radiogroup]")) {
        if (!set.querySelector(":checked")) set.querySelector(`[value="${button.dataset.rest}"]`).click();
      }
    });
  }
}
