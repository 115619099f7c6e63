// Keeps each tap in this tab until the server has it. Without this file every tap is a form that leads back here.
"use strict";
const room = document.querySelector("[data-room]"), { whose, news } = room.dataset;
const saved = document.getElementById("saved"), heard = document.getElementById("heard");
const here = `room:${room.dataset.room}:`, place = here + whose;
const live = () => room.querySelector("[data-live]");
const element = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text }, more);
const clock = (moment) => new Date(moment).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: room.dataset.zone });

// The server's clock counts. The device's own may be wrong, or put right while entries wait.
let ahead = Number(live().dataset.now) - Date.now();
const now = () => Date.now() + ahead;
const listen = (reply) => {
  const told = Date.parse(reply.headers.get("Date")) + 500;
  if (Math.abs(told - now()) > 2000) ahead = told - Date.now();
};

// What waits: in the tab's own store before it is sent, so that a reload or a crash of the page loses nothing.
let queue = [], token = room.querySelector("[name=csrf_token]")?.value, trouble = "";
try { queue = JSON.parse(sessionStorage.getItem(place) ?? "[]"); } catch { /* Then only the page holds it. */ }
const store = () => {
  try { sessionStorage.setItem(place, JSON.stringify(queue)); } catch { /* As above. */ }
  show();
};
// On a device of the room several sign in after each other. What somebody else left waits for them, and holds up nobody.
const ofOthers = () => {
  let number = 0;
  try {
    for (const key of Object.keys(sessionStorage))
      if (key.startsWith(here) && key !== place) number += JSON.parse(sessionStorage.getItem(key)).length;
  } catch { /* Then there is none. */ }
  return number;
};

const ask = async (address, options = {}) => {
  const reply = await fetch(address, {
    ...options, redirect: "manual", headers: { "X-Requested-With": "fetch" }, signal: AbortSignal.timeout(15000),
  });
  if (reply.type === "opaqueredirect") return { status: 401 };
  listen(reply);
  return reply;
};

// A token belongs to a sign-in: after a new one, in another tab, the page needs another.
const renew = async () => {
  const reply = await ask(location.pathname);
  if (reply.status !== 200) return reply.status;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  token = page.querySelector("[data-room] [name=csrf_token]")?.value;
  return 200;
};

const SIGNED_OUT = "You are signed out. Sign in again in another tab: what is here will then be saved.";
const OTHER = `Somebody else is signed in now. ${room.dataset.name} has to sign in again, in another tab, to save what is here.`;
const AWAY = "The server cannot be reached. Saving goes on as soon as it can.";

// True once the entry needs no more sending: it is kept, or it has to be put right.
const deliver = async (entry, again = true) => {
  const body = new URLSearchParams([...entry.fields, ["csrf_token", token], ["tapped", entry.tapped]]);
  const reply = await ask(entry.address, { method: "POST", body });
  const { status } = reply;
  if (status === 200) {
    queue = queue.filter((other) => other.key !== entry.key);
    told = `Saved, ${clock(now())}.`;
    return true;
  }
  if (status === 400 && again) return (await renew()) === 200 ? deliver(entry, false) : (trouble = SIGNED_OUT, false);
  if (status === 401) trouble = SIGNED_OUT;
  else if (status === 409) trouble = OTHER;
  else if (status >= 500 || status === 429 || status === 408) trouble = AWAY;
  else {
    const told = status === 422 ? await reply.json() : { problems: [`The server did not take this (${status}).`] };
    entry.problems = told.problems;
    return true;
  }
  return false;
};

let sending = false, pause = 1000, timer;
const send = async () => {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  trouble = "";
  let any = false;
  // In order, and one after the other.
  for (let entry; (entry = queue.find((other) => !other.problems));) {
    try {
      if (!(await deliver(entry))) break;
    } catch {
      trouble = AWAY;
      break;
    }
    any = true;
    pause = 1000;
    store();
  }
  sending = false;
  show();
  if (any) look();
  if (queue.some((entry) => !entry.problems)) {
    timer = setTimeout(send, pause);
    pause = Math.min(pause * 2, 10000);
  }
};

const count = (number, words) => `${number} ${number === 1 ? "entry" : "entries"} ${words}`;
let told = "";
const show = () => {
  const list = document.getElementById("unsaved");
  list.hidden = !queue.length;
  list.replaceChildren(...queue.map(line));
  const wrong = queue.filter((entry) => entry.problems).length, waiting = queue.length - wrong;
  const others = ofOthers();
  const words = [
    others && `${count(others, "of somebody else not saved yet")}: they have to open this page in this tab.`,
    waiting && `${count(waiting, "not saved yet")}: keep this page open.`,
    wrong && `${count(wrong, "to be put right")}.`,
    waiting && trouble,
    !queue.length && (told || trouble),
  ].filter(Boolean).join(" ");
  if (!saved) return;
  if (saved.firstChild?.textContent !== words) saved.replaceChildren(words);
  saved.classList.toggle("unsafe", queue.length > 0 || others > 0);
  if (waiting && trouble && trouble !== AWAY && !saved.querySelector("a"))
    saved.append(" ", element("a", "Sign in", { href: room.dataset.signIn, target: "_blank", rel: "noopener" }));
};

// An entry that waits, or that the server refused: nothing is dropped unless somebody says so.
const line = (entry) => {
  const item = element("li", "", { className: entry.problems ? "refused" : "waits" });
  const box = element("div");
  item.append(element("p", clock(entry.tapped), { className: "when" }), box);
  box.append(element("p", entry.title, { className: "kind" }), element("p", entry.said, { className: "told prose" }));
  box.append(element("p", entry.problems ? `Not saved. ${entry.problems.join(" ")}` : "Not saved yet", { className: "by" }));
  if (entry.problems) {
    const right = element("button", "Put right", { type: "button", className: "btn" });
    const drop = element("button", "Discard", { type: "button", className: "btn" });
    right.addEventListener("click", () => reopen(entry));
    drop.addEventListener("click", () => {
      if (drop.dataset.sure) { queue = queue.filter((other) => other !== entry); store(); }
      drop.dataset.sure = "1";
      drop.textContent = "Discard it for good?";
    });
    const bar = element("div", "", { className: "bar" });
    bar.append(right, drop);
    box.append(bar);
  }
  return item;
};

const KEPT = new Set(["csrf_token", "form_key", "whose", "kind", "tapped"]);
const forms = () => [...room.querySelectorAll("form[data-tap]")];

// The form again as it was sent. What it then sends takes the place of the entry, with the time of the first tap.
const reopen = (entry) => {
  const kind = entry.fields.find(([name]) => name === "kind")?.[1];
  const form = forms().find((one) => one.getAttribute("action") === entry.address && one.elements.kind?.value === kind);
  if (!form) return;
  form.reset();
  for (const [name, value] of entry.fields) {
    if (KEPT.has(name)) continue;
    const fields = form.elements[name];
    for (const field of fields instanceof RadioNodeList ? fields : [fields]) {
      if (field?.type === "radio" || field?.type === "checkbox") field.checked ||= field.value === value;
      else if (field && field.type !== "submit") field.value = value;
    }
  }
  form.dataset.instead = entry.key;
  complain(form, entry.problems);
  location.hash = form.closest(".sheet").id;
};

const complain = (form, problems) => {
  const list = form.querySelector("[data-problems]");
  list.hidden = !problems.length;
  list.replaceChildren(...problems.map((text) => element("li", text)));
};

// What an entry says, for the list of those that wait.
const said = (form, fields) => fields
  .filter(([name, value]) => value && !KEPT.has(name) && !(name === "ago" && value === "0"))
  .map(([name, value]) => {
    const fields = [...form.elements].filter((field) => field.name === name);
    const picked = fields.find((field) => field.value === value && field.type !== "text") ?? fields[0];
    const label = picked?.labels?.[0]?.textContent.trim() ?? picked?.textContent.trim() ?? name;
    if (name === "ago") return `${value} min ago`;
    return ["radio", "checkbox", "submit"].includes(picked?.type) ? label : name === "words" ? value : `${label} ${value}`;
  }).join(" · ");

// A UUID. crypto.randomUUID is not there on a plain http address, as within a clinic's own network.
const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 0x0f | 0x40;
  bytes[8] = bytes[8] & 0x3f | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

room.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.tap) return;
  event.preventDefault();
  const fields = [...new FormData(form, event.submitter)].filter(([name]) => name !== "csrf_token" && name !== "tapped");
  const typed = fields.some(([name, value]) => value.trim() && !KEPT.has(name) && name !== "ago");
  if (!typed) return complain(form, ["Nothing was typed or chosen."]);
  const instead = form.dataset.instead, key = newKey();
  const entry = {
    key, title: form.dataset.tap, said: said(form, fields), address: form.getAttribute("action"),
    tapped: Math.round(queue.find((other) => other.key === instead)?.tapped ?? now()),
    fields: fields.map(([name, value]) => [name, name === "form_key" ? key : value]),
  };
  const at = queue.findIndex((other) => other.key === instead);
  if (at < 0) queue.push(entry); else queue[at] = entry;
  delete form.dataset.instead;
  told = "";
  store();
  form.reset();
  complain(form, []);
  close(form.closest(".sheet"));
  send();
});

const close = (sheet) => {
  sheet.classList.remove("open");
  location.replace("#room");
  room.querySelector(`.taps [href="#${sheet.id}"]`)?.focus({ preventScroll: true });
};

// What is new for everybody in the room. Nothing is taken from under the finger: sheets stay as they are.
let looking = false;
const look = async () => {
  if (looking) return;
  looking = true;
  try {
    const reply = await ask(`${news}?seen=${live().dataset.state}`);
    if (reply.status === 200) renewed((await reply.json()).html);
    if (reply.status === 401) trouble = SIGNED_OUT;
    else if (reply.status === 404 || reply.status === 403) trouble = "This session can no longer be opened by you.";
    else if (reply.status < 500 && !queue.length) trouble = "";
  } catch {
    trouble = AWAY;
  }
  looking = false;
  show();
};

const renewed = (html) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const alarms = (root) => [...root.querySelectorAll(".alarm")].map((alarm) => alarm.dataset.alarm);
  const before = new Set(alarms(room)), raised = [...fresh.querySelectorAll(".alarm")].filter((one) => !before.has(one.dataset.alarm));
  const focused = document.activeElement?.id;
  live().replaceWith(fresh.querySelector("[data-live]"));
  const box = room.querySelector("[data-sheets]"), sheets = [...fresh.querySelectorAll("[data-sheets] > .sheet")];
  for (const sheet of sheets) if (!document.getElementById(sheet.id)) box.append(sheet);
  for (const sheet of [...box.children])
    if (!sheets.some((one) => one.id === sheet.id) && !sheet.matches(":target, .open")) sheet.remove();
  if (focused && !document.activeElement?.id) document.getElementById(focused)?.focus({ preventScroll: true });
  if (raised.length) heard?.replaceChildren(...raised.map((one) => element("span", one.querySelector("p").textContent)));
  tick();
};

const span = (ms) => {
  const seconds = Math.floor(ms / 1000), two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};
const GRACE = 180000;
const tick = () => {
  for (const shown of room.querySelectorAll("[data-since]")) shown.textContent = span(Math.max(now() - shown.dataset.since, 0));
  for (const shown of room.querySelectorAll("[data-due]")) {
    const left = shown.dataset.due - now(), late = left < -GRACE;
    shown.textContent = late ? `Overdue by ${span(-left)}` : left > 0 ? `In ${span(left)}` : "Due now";
    shown.closest("div").classList.toggle("overdue", late);
  }
  for (const shown of room.querySelectorAll("[data-stay]")) {
    const left = shown.dataset.stay - now();
    shown.textContent = left > 0 ? `In ${span(left)}` : "Reached";
  }
};

// Dark unless this device was told otherwise.
const light = document.getElementById("light");
light.checked = localStorage.getItem("room:light") === "1";
light.addEventListener("change", () => localStorage.setItem("room:light", light.checked ? "1" : "0"));

// Three digits of the upper pressure lead on to the lower one; Enter leads on as well.
for (const field of room.querySelectorAll(".signs input")) {
  const next = () => field.closest(".sign").nextElementSibling?.querySelector("input");
  field.addEventListener("input", () => { if (field.value.length === field.maxLength) next()?.focus(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && next()) { event.preventDefault(); next().focus(); }
  });
}
addEventListener("hashchange", () => {
  const sheet = document.querySelector(".sheet:target");
  if (sheet) (sheet.querySelector(".signs input, textarea") ?? sheet.querySelector("button, input:not([type=hidden])"))?.focus({ preventScroll: true });
});
addEventListener("beforeunload", (event) => { if (queue.length) event.preventDefault(); });
addEventListener("online", () => { pause = 1000; send(); look(); });
addEventListener("visibilitychange", () => { if (!document.hidden) { send(); look(); } });
setInterval(() => { if (!document.hidden) look(); }, 4000);
setInterval(tick, 1000);
tick();
show();
if (queue.length) send();
