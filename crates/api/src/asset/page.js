// Follows the journal and replaces what changed; sends buttons in place; counts waiting times. The page reads without it.
"use strict";
(() => {
  const pinned = new Map();
  const PIN_MS = 15000;
  const AGAIN_MS = 3000;

  const span = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    const [d, h, m, r] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60];
    if (d) return `${d} d ${h} h`;
    if (h) return `${h} h ${m} min`;
    if (m) return `${m} min ${r} s`;
    return `${r} s`;
  };

  const count = () => {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-since]")) {
      time.textContent = `${time.title.slice(11, 19)} (${span(now - Number(time.dataset.since))} ago)`;
    }
    for (const time of document.querySelectorAll("time[data-age]")) {
      time.textContent = `${span(now - Number(time.dataset.age))} ago`;
    }
    for (const time of document.querySelectorAll("time[data-until]")) {
      const left = Number(time.dataset.until) - now;
      time.textContent = `${time.title.slice(11, 19)} (${left > 0 ? `in ${span(left)}` : "due"})`;
    }
  };

  // A part that is replaced between the press of a pointer and its release would lose the click.
  let isPressed = false;
  document.addEventListener("pointerdown", () => { isPressed = true; }, true);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => { setTimeout(() => { isPressed = false; }); }, true);
  }
  // The release over a menu or another window is not told.
  document.addEventListener("pointermove", (event) => { if (!event.buttons) isPressed = false; }, true);

  const isBusy = (part) => {
    if (isPressed) return true;
    const active = document.activeElement;
    const typing = active && part.contains(active) && (active.matches("input,select,textarea"));
    const typed = [...part.querySelectorAll("details[open] input:not([type=hidden])")].some((input) => input.value);
    return typing || typed || (pinned.get(part.id) || 0) > Date.now();
  };

  const waiting = new Map();

  const replace = (id, html) => {
    const part = document.getElementById(id);
    if (!part) return;
    if (isBusy(part)) { waiting.set(id, html); return; }
    waiting.delete(id);
    const open = new Set([...part.querySelectorAll("details[open][data-key]")].map((one) => one.dataset.key));
    const active = document.activeElement;
    const focus = active && part.contains(active) && active.matches("summary") ? active.parentElement.dataset.key : null;
    part.innerHTML = html;
    for (const one of part.querySelectorAll("details[data-key]")) {
      if (open.has(one.dataset.key)) one.open = true;
      if (focus !== null && one.dataset.key === focus) one.querySelector("summary").focus({ preventScroll: true });
    }
  };

  // Counts answered presses: with the showing of the page it tells a new press from a repeated one.
  let presses = 0;

  const lost = document.getElementById("link-lost");

  // A browser holds six connections to one origin, and a stream takes one for as long as it is open. Pages that nobody sees have
  // none; those that are seen side by side take turns on a few, so that buttons and other pages always get through.
  const STREAMS = ["tidegate stream 1", "tidegate stream 2", "tidegate stream 3"];
  const TURN_MS = 4000;
  let stream = null;
  let later = 0;
  let giveBack = null;
  let waiter = null;
  // Counts closed streams: what belonged to an earlier one opens none.
  let closed = 0;

  const isWanted = () => document.body.hasAttribute("data-live") && document.visibilityState === "visible";

  const open = () => {
    if (stream || !isWanted()) return;
    stream = new EventSource(`/api/v1/stream?fragments=${encodeURIComponent(document.body.dataset.live)}`);
    const own = stream;
    const before = closed;
    own.addEventListener("open", () => { lost.hidden = true; });
    own.addEventListener("error", async () => {
      if (before !== closed) return;
      lost.hidden = false;
      // A browser comes back by itself after a broken connection, but not after an answer that was no stream.
      if (own.readyState !== EventSource.CLOSED) return;
      stream = null;
      const answer = await fetch("/api/v1/status").catch(() => null);
      if (answer?.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
      else if (before === closed) later = setTimeout(open, AGAIN_MS);
    });
    own.addEventListener("fragment", (event) => {
      const { id, html } = JSON.parse(event.data);
      replace(id, html);
      count();
    });
  };

  const close = () => {
    closed += 1;
    clearTimeout(later);
    waiter?.abort();
    stream?.close();
    stream = null;
    giveBack?.();
    giveBack = null;
  };

  // Ends when the place is given back: by a page that is hidden or left, or after a turn when another waits for it.
  const turn = () => new Promise((over) => {
    if (!isWanted()) { over(); return; }
    const timer = setInterval(async () => {
      const { pending } = await navigator.locks.query();
      if (pending.some((lock) => STREAMS.includes(lock.name))) close();
    }, TURN_MS);
    giveBack = () => { clearInterval(timer); over(); };
    open();
  });

  const follow = async () => {
    if (waiter || !isWanted()) return;
    // Browsers lend places to pages of a protected or local address alone; elsewhere only hidden pages step back.
    if (!navigator.locks) { open(); return; }
    waiter = new AbortController();
    const { signal } = waiter;
    // Any place that is free, else the first that becomes free of one taken at random.
    const taken = STREAMS[Math.floor(Math.random() * STREAMS.length)];
    let isDone = false;
    for (const place of STREAMS) {
      isDone ||= await navigator.locks.request(place, { ifAvailable: true }, async (lent) => {
        if (lent) await turn();
        return lent !== null;
      });
    }
    if (!isDone && !signal.aborted) await navigator.locks.request(taken, { signal }, turn).catch(() => {});
    waiter = null;
    follow();
  };

  document.addEventListener("visibilitychange", () => { if (isWanted()) follow(); else close(); });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });

  const send = async (form, button) => {
    const fields = new URLSearchParams(new FormData(form));
    fields.append("press", String(presses));
    if (button && button.name) fields.append(button.name, button.value);
    const part = form.closest("[data-fragment]");
    const slot = form.querySelector(".answer-slot");
    button?.setAttribute("disabled", "");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, headers: { "X-Fragment": "1" }, redirect: "follow" });
      if (answer.redirected) { location.assign("/login"); return; }
      const html = await answer.text();
      presses += 1;
      if (answer.ok) {
        form.reset();
        form.closest("details")?.removeAttribute("open");
        document.getElementById("told").innerHTML = html;
        if (part) pinned.delete(part.id);
      } else {
        slot.innerHTML = html;
        if (part) pinned.set(part.id, Date.now() + PIN_MS);
      }
    } catch {
      slot.textContent = "The controller cannot be reached; nothing was asked.";
    } finally {
      button?.removeAttribute("disabled");
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-ask")) return;
    event.preventDefault();
    send(form, event.submitter);
  });

  setInterval(() => {
    count();
    for (const [id, html] of waiting) replace(id, html);
  }, 1000);
  count();
  follow();
})();
