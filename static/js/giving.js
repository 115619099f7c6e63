// Fields of other routes are folded away, and not sent while they are; nobody of staff gives what the patient takes.
"use strict";
{
  const groups = [...document.querySelectorAll("[data-only-by]")];
  const giver = document.getElementById("giver_id")?.closest(".f");
  const show = () => {
    if (giver) giver.hidden = document.querySelector("input[name=given_by]:checked")?.value === "self_observed";
    const route = document.querySelector("input[name=route]:checked")?.value;
    for (const group of groups) group.hidden = group.disabled = !group.dataset.onlyBy.split(" ").includes(route);
  };
  for (const input of document.querySelectorAll("input[name=route], input[name=given_by]")) input.addEventListener("change", show);
  show();
}
