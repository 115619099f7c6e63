// Comforts: every page works without this file.
"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const guarded = "form[data-guard]";

// Leaving with typed text unsent asks first; a form sent back with errors still holds unsent text.
let typed = Boolean(document.querySelector(`${guarded} [aria-invalid=true]`));
addEventListener("input", (event) => { typed ||= Boolean(event.target.closest(guarded)); });
addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });

// A form is sent once, and again after the Back button or when nothing came of it. A disabled button would lose the focus.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if ("sent" in form.dataset) return event.preventDefault();
  if (form.matches(guarded)) typed = false;
  form.dataset.sent = "";
  setTimeout(() => delete form.dataset.sent, 10000);
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of document.forms) delete form.dataset.sent;
});

// What came of the form that led here, or what has to be put right in it.
document.querySelector("[data-focus]")?.focus();

for (const button of all("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Copied";
  });
}

for (const button of all("[data-back]")) {
  button.hidden = history.length < 2;
  button.addEventListener("click", () => history.back());
}

for (const button of all("[data-add-row]")) {
  const box = document.getElementById(button.dataset.addRow);
  const blank = box.querySelector("template"), body = box.querySelector("tbody");
  button.hidden = false;
  button.addEventListener("click", () => {
    const row = blank.cloneNode(true), { next, max } = blank.dataset;
    row.innerHTML = row.innerHTML.replaceAll("__i__", next).replaceAll("__n__", body.rows.length + 1);
    body.append(row.content.querySelector("tr"));
    blank.dataset.next = Number(next) + 1;
    button.hidden = max && body.rows.length >= max;
    body.rows[body.rows.length - 1].querySelector("input:not([type=hidden]), select, textarea").focus();
  });
}

for (const output of all("[data-ratio]")) {
  const [over, under] = [...output.htmlFor].map((id) => document.getElementById(id));
  const number = (input) => parseFloat(input.value.replace(",", "."));
  const show = () => {
    const ratio = number(over) / number(under);
    output.value = ratio > 0 && ratio < Infinity ? `${ratio.toFixed(2)} ${output.dataset.ratio}` : "–";
  };
  for (const input of [over, under]) input.addEventListener("input", show);
  if (over.value || under.value) show();
}

// What is folded up would be missing on paper.
addEventListener("beforeprint", () => all("details").forEach((one) => (one.open = true)));
