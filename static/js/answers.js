// Saves each answer as it is tapped. Without this file the answers of a page are saved by its buttons.
"use strict";
const box = document.querySelector("[data-answers]"), form = box.closest("form");
const saved = document.getElementById("saved"), bar = document.getElementById("progress");

const save = async (name, value) => {
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, [name]: value });
  try {
    const reply = await fetch(box.dataset.answers, { method: "POST", body, redirect: "error", keepalive: true });
    if (!reply.ok) throw new Error(reply.status);
    const { answered, support } = await reply.json();
    if (support) return location.assign(support);
    bar.value = answered;
    bar.nextElementSibling.textContent = `Answered ${answered} of ${bar.max}`;
    saved.textContent = "Saved";
  } catch {
    saved.textContent = "Not saved yet. It will be saved when you go on.";
  }
};

// One after the other, the page after all: of two answers to one question the later counts.
let queue = Promise.resolve(), waiting = 0;
box.addEventListener("change", ({ target }) => {
  saved.textContent = "Saving…";
  waiting++;
  queue = queue.then(() => save(target.name, target.value)).then(() => waiting--);
});
form.addEventListener("submit", async (event) => {
  if (waiting < 1) return;
  event.preventDefault();
  await Promise.race([queue, new Promise((ok) => setTimeout(ok, 2000))]);
  waiting = 0;
  form.requestSubmit(event.submitter);
});
