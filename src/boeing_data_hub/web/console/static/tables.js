// Tables that are whole on their page can be sorted by any column (vendor/sortable does it). This gives their headings
// buttons, and cells the values they are sorted by.
"use strict";

(() => {
  const number = (text) => {
    const found = Number.parseFloat(text.replaceAll(",", ""));
    return Number.isNaN(found) ? "" : String(found);
  };
  const prepare = (table) => {
    table.dataset.ready = "yes";
    for (const heading of table.tHead.rows[0].cells) {
      if (heading.classList.contains("no-sort") || heading.querySelector(".sr")) {
        heading.classList.add("no-sort");
        continue;
      }
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...heading.childNodes);
      heading.append(button);
    }
    for (const row of table.tBodies[0].rows) {
      for (const cell of row.cells) {
        const time = cell.querySelector("time[datetime]");
        if (time) cell.dataset.sort = time.dateTime;
        else if (cell.classList.contains("num")) cell.dataset.sort = number(cell.textContent);
      }
    }
  };
  const all = () => document.querySelectorAll("table.sortable:not([data-ready])").forEach(prepare);
  all();
  document.addEventListener("htmx:load", all);
})();
