// Keeps what is typed as a draft, a moment after each pause. Without this file a form is kept when it is saved.
"use strict";
{
  const form = document.querySelector("form[data-draft]"), said = form?.querySelector("[data-draft-said]");
  const PAUSE = 3000, AGAIN = 15000;
  let timer, typed = false, left = false, busy = null;

  const send = async (more) => {
    const body = new URLSearchParams(new FormData(form));
    typed = false;
    try {
      const reply = await fetch(form.dataset.draft, { method: "POST", body, redirect: "error", ...more });
      if (!reply.ok) throw new Error(reply.status);
      said.textContent = `Draft saved ${(await reply.json()).saved}`;
    } catch {
      typed = true;
      said.textContent = "The draft could not be saved yet. What you typed is still here.";
      wait(AGAIN);
    }
  };
  // One after the other: of two drafts the later one stays.
  const wait = (pause) => {
    clearTimeout(timer);
    if (!left) timer = setTimeout(() => (busy ? wait(PAUSE) : (busy = send().finally(() => (busy = null)))), pause);
  };
  const note = () => { typed = true; wait(PAUSE); };
  form?.addEventListener("input", note);
  form?.addEventListener("change", note);

  // A draft that is under way must not arrive after the form whose saving ends it.
  form?.addEventListener("submit", async (event) => {
    left = true;
    clearTimeout(timer);
    if (!busy) return;
    event.preventDefault();
    await Promise.race([busy, new Promise((ok) => setTimeout(ok, 2000))]);
    busy = null;
    form.requestSubmit(event.submitter);
  });
  addEventListener("pagehide", () => { if (typed && !left) send({ keepalive: true }); });
  addEventListener("pageshow", () => { left = false; });
}
