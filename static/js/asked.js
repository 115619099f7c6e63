// What is asked by a table: some of it only where another field calls for it. Without this file all of it is asked.
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
}
