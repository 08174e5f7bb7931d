// Saves the reload after a button, and keeps times and unfinished rows fresh. Every page works without it.
"use strict";

const FIRST_WAIT = 500, LONGEST_WAIT = 3000, PATIENCE = 180000; // milliseconds
const JSON_ONLY = { Accept: "application/json" };

function show(row, state) {
  const badge = row.querySelector("[data-badge]");
  if (badge) {
    badge.className = "badge " + state.tone;
    badge.querySelector(".word").textContent = state.label;
  }
  const result = row.querySelector("[data-result]");
  if (!result) return;
  const text = document.createElement("bdi");
  text.textContent = state.text;
  result.replaceChildren(text);
  if (state.link) {
    const link = document.createElement("a");
    link.textContent = state.link.text;
    link.className = "mono";
    link.rel = "noreferrer";
    link.href = state.link.url;
    result.append(" ", link);
  }
}

function fail(row, text) {
  show(row, { label: "Failed", tone: "bad", text });
}

async function read(answer) {
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error.message);
  return body;
}

async function follow(row, address, ended) {
  const start = Date.now();
  for (let wait = FIRST_WAIT; Date.now() - start < PATIENCE; wait = Math.min(wait * 1.3, LONGEST_WAIT)) {
    if (!document.hidden) {
      const state = await read(await fetch(address, { headers: JSON_ONLY }));
      show(row, state);
      if (state.settled) return ended();
    }
    await new Promise((resume) => setTimeout(resume, wait));
  }
  show(row, { label: "Waiting", tone: "busy", text: "Not finished yet: reload this page later." });
  ended();
}

async function press(form, button) {
  const row = form.closest("[data-row]");
  if (row.dataset.busy) return;
  row.dataset.busy = "yes";
  button.setAttribute("aria-disabled", "true");
  const ended = () => {
    delete row.dataset.busy;
    button.removeAttribute("aria-disabled");
  };
  show(row, { label: "Starting", tone: "busy", text: "Starting …" });
  try {
    const sent = await fetch(form.action, { method: "POST", body: new FormData(form), headers: JSON_ONLY });
    await follow(row, (await read(sent)).poll, ended);
  } catch (error) {
    fail(row, error instanceof TypeError ? "altpress does not answer. Try again in a moment." : error.message);
    ended();
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-live]")) return;
  event.preventDefault();
  press(event.target, event.target.querySelector("button"));
});

for (const row of document.querySelectorAll("[data-watch]")) {
  follow(row, row.dataset.watch, () => {}).catch(() => {});
}

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

function tell(seconds) {
  if (Math.abs(seconds) < 45) return "just now";
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) || UNITS[2];
  const count = Math.max(Math.round(Math.abs(seconds) / size), 1);
  const told = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds > 0 ? `${told} ago` : `in ${told}`;
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (Math.abs(seconds) < 31 * 86400) time.textContent = tell(seconds);
  }
}, 30000);
