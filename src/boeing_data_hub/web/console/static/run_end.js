// The page of a run that is under way: its progress in the tab's title, and its end told to screen readers and, where
// the person wants it in this browser, by a notification of the desktop.
"use strict";

(() => {
  const place = document.querySelector("[data-run]");
  if (!place) return;
  const one = (selector) => place.querySelector(selector);
  const name = place.dataset.run;
  const after = document.title.split(" · ").pop();
  const title = (beginning) => { document.title = `${beginning} – ${name} · ${after}`; };
  const state = () => one("#live .badge")?.textContent.trim() ?? "";

  // Progress is said from time to time, not at every change; the end always.
  let said = 0;
  const say = (text, always) => {
    if (!always && Date.now() - said < 15000) return;
    said = Date.now();
    one("#progress-said").textContent = text;
  };
  document.addEventListener("live:message", (event) => {
    if (event.detail.id !== "live") return;
    title(one(".hero-figure")?.textContent ?? "");
    say(one("#live .lead")?.textContent ?? "", false);
  });
  document.addEventListener("live:done", () => {
    if (!one(".hero-figure")) return; // signed out
    const text = one("#live .lead")?.textContent.trim() ?? "";
    title(state());
    say(`${state()}. ${text}`, true);
    if (wanted()) new Notification(`${name}: ${state()}`, { body: text, tag: place.dataset.runId });
    if (button) button.hidden = true;
  });

  const KEY = "notify-of-ends"; // of this browser; live.js reads it, too
  const button = document.querySelector("[data-notify]");
  const can = window.isSecureContext && "Notification" in window;
  const wanted = () => can && Notification.permission === "granted" && localStorage.getItem(KEY) === "yes";
  const show = () => {
    button.hidden = !can || Notification.permission === "denied";
    button.setAttribute("aria-pressed", String(wanted()));
  };
  if (!button) return;
  show();
  button.addEventListener("click", async () => {
    if (wanted()) localStorage.removeItem(KEY);
    else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(KEY, "yes");
    show();
  });
})();
