// Comforts of the pages of a dosing session: all of them work without this file.
"use strict";
{
  const form = document.querySelector("form[data-guard]");

  // What is asked only where another field calls for it is left out elsewhere; while that one is open, it stays.
  const wanted = [...document.querySelectorAll("[data-only]")].map((control) => ({
    box: control.closest(".f"),
    only: control.dataset.only.split(" ").map((one) => {
      const [name, values] = one.split("=");
      return { controls: [...form.querySelectorAll(`[name="${name}"]`)], values: values.split("|") };
    }),
  }));
  const asked = ({ controls, values }) => {
    const chosen = controls.filter((one) => one.checked || one.tagName === "SELECT").map((one) => one.value);
    return !controls.length || chosen.some((value) => values.includes(value));
  };
  const show = () => { for (const { box, only } of wanted) box.hidden = !only.every(asked); };
  form?.addEventListener("change", show);
  show();

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
