// Sorting, search and pages for the tables that stand in the page. Without this they stand there in full.
(() => {
  "use strict";

  // Numbers come from data-order; cells without one come last, up or down.
  const number = (value) => (value === "" || value === null ? null : Number(value));
  const compare = (direction) => (a, b) =>
    a === null || b === null ? (a === null) - (b === null) : (a - b) * direction;
  DataTable.type("tubepulse-number", { order: { pre: number, asc: compare(1), desc: compare(-1) } });

  // "kings" and "st pauls" find King's Cross and St. Paul's.
  const findable = (data, type) =>
    type === "filter" ? `${data} ${data.replace(/&[#\w]+;|['’.]/g, "")}` : data;

  for (const box of document.querySelectorAll(".tubepulse-table")) {
    const { pageLength: long, order, noun } = JSON.parse(box.dataset.options);
    const pageLength = matchMedia("(max-width: 40rem)").matches ? Math.min(long, 10) : long;
    const table = box.querySelector("table");
    const rows = table.tBodies[0].rows.length;
    const paged = rows > pageLength;
    const nouns = `${noun}s`;
    const made = new DataTable(table, {
      autoWidth: false,
      order: [order],
      orderClasses: false,
      columnDefs: [
        { targets: "n", type: "tubepulse-number", orderSequence: ["desc", "asc"] },
        { targets: "_all", orderSequence: ["asc", "desc"] },
        { targets: 0, render: findable },
      ],
      paging: paged,
      pageLength,
      lengthMenu: [10, 25, 50, 100, -1],
      searching: rows > 10,
      layout: {
        topStart: rows > 10 ? { search: { placeholder: "Name or word" } } : null,
        topEnd: paged ? "pageLength" : null,
        bottomStart: rows > 10 ? "info" : null,
        bottomEnd: paged ? { paging: { firstLast: false } } : null,
      },
      language: {
        search: "Search",
        lengthMenu: `_MENU_ ${nouns} a page`,
        entries: { _: nouns, 1: noun },
        info: "_START_ to _END_ of _TOTAL_ _ENTRIES-TOTAL_",
        infoEmpty: `0 ${nouns}`,
        infoFiltered: "(_MAX_ in all)",
        zeroRecords: `No ${noun} matches.`,
        aria: { paginate: { previous: "Previous page", next: "Next page", number: "Page " } },
      },
    });
    // DataTables calls them links; they go nowhere.
    const asButtons = () => box.querySelectorAll("button[role=link]").forEach((button) => button.removeAttribute("role"));
    made.on("draw", asButtons);
    asButtons();
    // The arrow stands behind the column's name, before its unit, and does not break off.
    for (const head of table.tHead.rows[0].cells) {
      const title = head.querySelector(".dt-column-title");
      title.firstChild.data = `${title.firstChild.data.trimEnd()}\u00a0`;
      title.firstChild.after(head.querySelector(".dt-column-order"));
    }
    // What scrolls sideways is the table, not its search and pages.
    const outer = box.querySelector(".tubepulse-scroll");
    const inner = table.parentElement;
    for (const name of ["role", "tabindex", "aria-labelledby"]) {
      inner.setAttribute(name, outer.getAttribute(name));
      outer.removeAttribute(name);
    }
    outer.classList.remove("tubepulse-scroll");
    inner.classList.add("tubepulse-scroll");
    box.classList.add("is-ready");
  }
})();
