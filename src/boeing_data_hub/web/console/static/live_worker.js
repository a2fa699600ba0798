// One stream of events for every page this browser has open: a browser allows six connections to a host over HTTP/1.1.
// Pages join with their topic and leave when they are hidden; the stream is opened again when a topic is missing from it.
"use strict";

const NAMES = ["live", "system", "failures", "trouble", "done"];
const MOST = 50; // topics; the newest win
const SILENT = 100000; // ms after which a silent page counts as closed
const readers = new Map(); // port -> { topic, heard }
let address = "";
let stream = null;
let carried = new Map(); // topic -> its last event of each name
let failures = 0;
let later = 0;

const tell = (topic, message) => {
  for (const [port, reader] of readers) if (topic === null || reader.topic === topic) port.postMessage(message);
};

const close = () => {
  if (stream) stream.close();
  stream = null;
  carried = new Map();
};

const settle = () => {
  clearTimeout(later);
  later = 0;
  const wanted = [...new Set([...readers.values()].map((reader) => reader.topic))].slice(-MOST);
  if (!wanted.length) close();
  else if (!stream || !wanted.every((topic) => carried.has(topic))) open(wanted);
  else if (carried.size > wanted.length) later = setTimeout(trim, 10000); // topics without a reader
};
const trim = () => {
  carried = new Map(); // so that the stream is reopened, with topics that have readers only
  settle();
};
const settleIn = (ms) => {
  clearTimeout(later);
  later = setTimeout(settle, ms);
};

const open = (wanted) => {
  close();
  const opened = new EventSource(`${address}?${wanted.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&")}`);
  stream = opened;
  carried = new Map(wanted.map((topic) => [topic, new Map()]));
  opened.onopen = () => {
    failures = 0;
    tell(null, { kind: "open" });
  };
  opened.onerror = () => {
    if (opened !== stream) return;
    tell(null, { kind: "lost" });
    failures += 1;
    if (opened.readyState !== EventSource.CLOSED) return; // the browser reconnects
    close();
    settleIn(Math.min(30000, 1000 * 2 ** failures));
  };
  for (const topic of wanted) {
    for (const name of NAMES) {
      opened.addEventListener(`${topic}:${name}`, (event) => heard(opened, topic, name, event.data));
    }
  }
};

const heard = (from, topic, name, data) => {
  if (from !== stream || !carried.has(topic)) return;
  const last = carried.get(topic);
  if (name === "live") last.delete("trouble");
  last.set(name, data);
  tell(topic, { kind: "event", name, data });
  if (name !== "done") return;
  for (const [port, reader] of readers) if (reader.topic === topic) readers.delete(port);
  carried.delete(topic);
  if (!carried.size) close(); // the server has ended it; the browser would reconnect
};

self.onconnect = (connection) => {
  const port = connection.ports[0];
  port.onmessage = ({ data }) => {
    if (data.kind === "join") {
      address = data.address;
      readers.delete(port); // the newest last
      readers.set(port, { topic: data.topic, heard: Date.now() });
      port.postMessage({ kind: "joined" });
      const last = carried.get(data.topic);
      if (last) for (const [name, text] of last) port.postMessage({ kind: "event", name, data: text });
      if (failures) port.postMessage({ kind: "lost" });
      if (!failures || !later) settleIn(50); // tabs that are opened together share one stream
    } else if (data.kind === "leave") {
      readers.delete(port);
      settleIn(50);
    } else if (readers.has(port)) {
      readers.get(port).heard = Date.now();
    }
  };
};

setInterval(() => {
  for (const [port, reader] of readers) if (Date.now() - reader.heard > SILENT) readers.delete(port);
  if (!later) settle();
}, 30000);
