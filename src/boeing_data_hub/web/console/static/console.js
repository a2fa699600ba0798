// Additions for browsers with JavaScript. Every page works without it.
"use strict";

(() => {
  const one = (selector) => document.querySelector(selector);

  // The connection of a live page: show when it is lost, and when it is back.
  const lost = one("#connection");
  let timer = 0;
  const standing = () => {
    if (!timer) timer = window.setTimeout(() => { lost.hidden = false; }, 1500);
  };
  const moving = () => {
    window.clearTimeout(timer);
    timer = 0;
    lost.hidden = true;
  };
  document.addEventListener("live:lost", standing);
  document.addEventListener("live:open", moving);
  document.addEventListener("live:message", (event) => {
    moving();
    const live = event.detail;
    if (live.id === "live") {
      const trouble = one("#trouble");
      if (trouble) trouble.replaceChildren();
      times(live);
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) lost.hidden = false;
  });

  // Times in the reader's zone, with UTC in the title. Pages say UTC until they are changed here.
  const inUtc = [0, 6].every((month) => new Date(new Date().getFullYear(), month, 1).getTimezoneOffset() === 0);
  const two = (number) => String(number).padStart(2, "0");
  const clock = (moment) => {
    const time = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
    if (moment.toDateString() === new Date().toDateString()) return `${time}:${two(moment.getSeconds())}`;
    return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${time}`;
  };
  const times = (within) => {
    for (const time of within.querySelectorAll("time[datetime]:not([title])")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      time.title = `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
      if (!inUtc && !time.classList.contains("ago")) time.textContent = clock(moment);
    }
    if (inUtc) return;
    for (const label of within.querySelectorAll(".utc")) label.remove();
    for (const label of within.querySelectorAll(".zone")) label.textContent = "your time";
  };
  times(document);
  document.addEventListener("htmx:load", () => times(document));

  // A file can be dropped anywhere on its field.
  for (const field of document.querySelectorAll("[data-drop]")) {
    const input = field.querySelector("input[type=file]");
    const over = (on) => (event) => {
      event.preventDefault();
      field.classList.toggle("over", on);
    };
    field.addEventListener("dragover", over(true));
    field.addEventListener("dragleave", over(false));
    field.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    });
  }
  for (const field of document.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());

  // Selecting parts in the list chooses these instead of all that match.
  document.addEventListener("change", (event) => {
    if (event.target.name !== "sku" || event.target.type !== "checkbox") return;
    const which = event.target.form.elements.which;
    if (which) which.value = event.target.form.querySelector("[name=sku]:checked") ? "selected" : "all";
  });

  // A form is not sent twice.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.target.hasAttribute("hx-post")) return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
    window.setTimeout(() => { delete event.target.dataset.sent; }, 5000);
  });

  // Keys: "/" focuses the box that finds everything, "g" then a letter opens a page, "n" starts a search.
  if (!document.body.hasAttribute("data-signed-in")) return;
  const places = { o: "/console", r: "/console/runs", p: "/console/parts", a: "/console/attention", s: "/console/settings" };
  const go = (path) => window.location.assign(`${document.body.dataset.prefix}${path}`);
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "/") {
      event.preventDefault();
      one("#find").select();
    } else if (event.key === "g") {
      going = Date.now();
    } else if (Date.now() - going < 1500 && places[event.key]) {
      go(places[event.key]);
    } else if (event.key === "n") {
      go("/console/search");
    }
  });
})();
