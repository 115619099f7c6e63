// Fields of other routes are folded away, and not sent while they are.
"use strict";
{
  const groups = [...document.querySelectorAll("[data-only-by]")];
  const show = () => {
    const route = document.querySelector("input[name=route]:checked")?.value;
    for (const group of groups) group.hidden = group.disabled = !group.dataset.onlyBy.split(" ").includes(route);
  };
  for (const input of document.querySelectorAll("input[name=route]")) input.addEventListener("change", show);
  show();
}
