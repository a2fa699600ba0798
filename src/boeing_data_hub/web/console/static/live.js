// A live page: its events come through the stream that all tabs of the browser share (live_worker.js), or, without shared
// workers, through a stream of its own. A hidden page receives nothing and catches up when it is shown,
// unless it is to announce the end of its run.
"use strict";

(() => {
  const place = document.querySelector("[data-live]");
  const own = place && place.getAttribute("sse-connect"); // .../console/events or .../console/runs/ID/events
  const parts = own && /^(.*\/console)(?:\/runs\/([^/]+))?\/events$/.exec(own);
  if (!parts) return;
  const topic = parts[2] || "overview";
  const link = document.querySelector("#live-worker");
  const script = link && link.href;
  const NAMES = ["live", "system", "failures", "trouble", "done"];
  let worker = null;
  let stream = null;
  let joined = 0;
  let finished = false;
  let alone = !script || typeof SharedWorker === "undefined";

  // A page that announces the end of its run receives events while it is hidden, too (run_end.js).
  const resting = () => document.visibilityState === "hidden"
    && !(topic !== "overview" && localStorage.getItem("notify-of-ends") === "yes");
  const tell = (name, target) => document.dispatchEvent(new CustomEvent(`live:${name}`, { detail: target }));
  const show = (name, data) => {
    for (const target of place.querySelectorAll(`[sse-swap="${name}"]`)) {
      window.htmx.swap(target, data, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
      tell("message", target);
    }
    if (name === "done") {
      finished = true;
      leave();
      tell("done");
    }
    for (const waits of place.querySelectorAll(`[hx-trigger*="sse:${name}"]`)) window.htmx.trigger(waits, `sse:${name}`);
  };

  const listen = () => {
    if (stream || finished || resting()) return;
    const opened = new EventSource(own);
    stream = opened;
    opened.onopen = () => tell("open");
    opened.onerror = () => {
      if (opened !== stream) return;
      tell("lost");
      if (opened.readyState !== EventSource.CLOSED) return;
      stream = null;
      window.setTimeout(listen, 5000);
    };
    for (const name of NAMES) opened.addEventListener(name, (event) => show(name, event.data));
  };
  const goAlone = () => {
    if (alone) return;
    alone = true;
    if (worker) worker.port.postMessage({ kind: "leave" });
    worker = null;
    listen();
  };

  const enter = () => {
    if (finished || resting()) return;
    if (alone) {
      listen();
      return;
    }
    if (!worker) {
      try {
        worker = new SharedWorker(script, { name: "boeing-data-hub" });
      } catch {
        goAlone();
        return;
      }
      worker.onerror = goAlone;
      worker.port.onmessage = ({ data }) => {
        window.clearTimeout(joined);
        if (data.kind === "event" && !finished) show(data.name, data.data);
        else if (data.kind === "open" || data.kind === "lost") tell(data.kind);
      };
    }
    worker.port.postMessage({ kind: "join", topic, address: `${parts[1]}/live` });
    window.clearTimeout(joined);
    joined = window.setTimeout(goAlone, 4000); // the worker does not respond
  };
  const leave = () => {
    window.clearTimeout(joined);
    if (worker) worker.port.postMessage({ kind: "leave" });
    if (stream) stream.close();
    stream = null;
  };

  document.addEventListener("visibilitychange", () => (resting() ? leave() : enter()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => { if (event.persisted) enter(); });
  window.setInterval(() => { if (worker && !finished) worker.port.postMessage({ kind: "here" }); }, 30000);
  enter();
})();
