// Adds to the page what it can do without: tooltips, a way through the maps by keyboard, sorting, search, words.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const stations = JSON.parse(byId("data").textContent);
  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  // Tooltips: the station whose dot is nearest to the pointer, on every map and chart at once.
  const REACH = 22; // pixels from a dot's edge that still count: a fingertip
  const tip = byId("tip");
  const plots = [...document.querySelectorAll("svg[data-dots]")].map((svg) => {
    const dots = [...svg.querySelectorAll("[data-i]")].map((dot) => ({
      i: Number(dot.dataset.i), x: dot.cx.baseVal.value, y: dot.cy.baseVal.value, r: dot.r.baseVal.value,
    }));
    const ring = document.createElementNS(svg.namespaceURI, "circle");
    ring.setAttribute("class", "ring");
    ring.setAttribute("visibility", "hidden");
    svg.append(ring);
    return { svg, dots, ring };
  });
  let shown = null; // { plot, dot }

  const toScreen = (svg, dot) => new DOMPoint(dot.x, dot.y).matrixTransform(svg.getScreenCTM());

  function hide() {
    shown = null;
    tip.hidden = true;
    for (const { ring } of plots) ring.setAttribute("visibility", "hidden");
  }

  function show(plot, dot) {
    if (shown && shown.plot === plot && shown.dot === dot) return;
    shown = { plot, dot };
    const one = stations[dot.i];
    const mood = make("p");
    if (one.colour !== null) mood.append(make("i", "", `swatch m${one.colour}`), `Sentiment ${one.mood}, `);
    mood.append(one.tweets);
    const price = one.median ? `${one.price} on average, median ${one.median}` : one.price;
    tip.replaceChildren(make("p", one.name), make("p", one.zone), mood, make("p", `${price}, ${one.sales}`));
    if (one.words.length) tip.append(make("p", one.words.slice(0, 6).map(([word]) => word).join(", ")));
    tip.hidden = false;
    const at = toScreen(plot.svg, dot);
    const wide = document.documentElement.clientWidth;
    const left = Math.min(Math.max(at.x - tip.offsetWidth / 2, 8), wide - tip.offsetWidth - 8);
    const above = at.y - tip.offsetHeight - 20;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(above > 4 ? above : at.y + 20) + scrollY}px`;
    for (const { dots, ring } of plots) {
      const same = dots.find(({ i }) => i === dot.i);
      ring.setAttribute("visibility", same ? "visible" : "hidden");
      if (!same) continue;
      ring.setAttribute("cx", same.x);
      ring.setAttribute("cy", same.y);
      ring.setAttribute("r", same.r + 3);
    }
  }

  function nearest({ svg, dots }, event) {
    const matrix = svg.getScreenCTM();
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    let best = null, least = REACH / matrix.a;
    for (const dot of dots) {
      const distance = Math.max(Math.hypot(dot.x - point.x, dot.y - point.y) - dot.r, 0) + dot.r / 1000;
      if (distance < least) [best, least] = [dot, distance];
    }
    return best;
  }

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  // The nearest dot in a direction; what lies aside counts double, so that a walk keeps its course.
  function next(dots, from, [dx, dy]) {
    let best = null, least = Infinity;
    for (const dot of dots) {
      const ahead = (dot.x - from.x) * dx + (dot.y - from.y) * dy;
      const aside = Math.abs((dot.x - from.x) * dy) + Math.abs((dot.y - from.y) * dx);
      if (ahead > 0.5 && ahead + 2 * aside < least) [best, least] = [dot, ahead + 2 * aside];
    }
    return best;
  }

  for (const plot of plots) {
    const { svg, dots } = plot;
    if (!dots.length) continue;
    // Without these titles the browser would show its own tooltip beside ours.
    svg.setAttribute("aria-label", svg.querySelector("title").textContent);
    svg.removeAttribute("aria-labelledby");
    svg.querySelectorAll("title").forEach((title) => title.remove());
    svg.setAttribute("aria-describedby", svg.querySelector("desc").id);
    svg.setAttribute("role", "application");
    svg.setAttribute("tabindex", "0");
    const point = (event) => {
      const dot = nearest(plot, event);
      if (dot) show(plot, dot); else hide();
    };
    svg.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") point(event); });
    svg.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
    svg.addEventListener("click", (event) => { point(event); event.stopPropagation(); });
    svg.addEventListener("focus", () => { if (svg.matches(":focus-visible") && !shown) show(plot, dots[0]); });
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      if (!(event.key in STEPS) && event.key !== "Home") return;
      event.preventDefault();
      const from = shown && shown.plot === plot ? shown.dot : dots[0];
      const dot = event.key === "Home" ? dots[0] : next(dots, from, STEPS[event.key]);
      if (dot) show(plot, dot);
    });
  }
  document.addEventListener("click", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("resize", hide);

  // The tables: sorted by any column, cells without a value last.
  const compare = new Intl.Collator("en", { numeric: true }).compare;

  function sort(body, heads, column, down) {
    const text = column === 0;
    const value = (row) => (text ? row.cells[0].textContent : row.cells[column].dataset.v);
    const rows = [...body.rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
      return (text ? compare(a, b) : a - b) * (down ? -1 : 1) || compare(one.cells[0].textContent, other.cells[0].textContent);
    });
    body.append(...rows);
    heads.forEach((head, place) => {
      if (place === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button");
      button.type = "button";
      const [name, ...unit] = head.childNodes;
      button.append(name, make("span", "", "arrow"), ...unit);
      head.append(button);
      // Numbers start with the greatest, names with A.
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        sort(table.tBodies[0], heads, column, now ? now === "ascending" : column !== 0);
      });
    });
  }

  const plain = (text) => text.toLowerCase().replace(/’/g, "'");
  byId("search").addEventListener("input", (event) => {
    const wanted = plain(event.target.value).trim();
    const rows = byId("station-table").tBodies[0].rows;
    let found = 0;
    for (const row of rows) {
      const name = plain(row.cells[0].textContent);
      row.hidden = !name.includes(wanted) && !name.replace(/['.]/g, "").includes(wanted); // "kings", "st pauls"
      found += !row.hidden;
    }
    byId("found").textContent = wanted ? `${found} of ${rows.length} stations` : `${rows.length} stations`;
  });

  // The words of another station.
  const picker = byId("at");
  if (picker) {
    const list = byId("at-words");
    const pattern = list.firstElementChild.cloneNode(true);
    picker.addEventListener("change", () => {
      const { name, words } = stations[Number(picker.value)];
      byId("at-name").textContent = name;
      list.replaceChildren(...words.map(([word, tweets]) => {
        const item = pattern.cloneNode(true);
        item.querySelector("span").textContent = word;
        item.querySelector("rect").setAttribute("width", (1000 * tweets) / (words[0][1] || 1));
        item.querySelector("b").textContent = tweets.toLocaleString("en-GB");
        return item;
      }));
    });
  }

  document.querySelectorAll(".hint, .tools, .pick").forEach((element) => { element.hidden = false; });
})();
