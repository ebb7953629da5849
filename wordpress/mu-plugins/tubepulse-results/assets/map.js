// Adds to the maps what they can do without: a tooltip at the nearest dot, and a way through the dots by keyboard.
(() => {
  "use strict";
  const REACH = 22; // pixels from a dot's edge that still count: a fingertip
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const tip = document.createElement("div");
  tip.className = "tubepulse tubepulse-tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  document.body.append(tip);

  const maps = [...document.querySelectorAll("svg.tubepulse-map")].map((svg) => {
    const dots = [...svg.querySelectorAll(".dot")].map((dot) => ({
      station: dot.dataset.station,
      lines: dot.querySelector("title").textContent.split("\n"),
      swatch: dot.getAttribute("class").replace("dot ", ""),
      x: dot.cx.baseVal.value,
      y: dot.cy.baseVal.value,
      r: dot.r.baseVal.value,
    }));
    const ring = document.createElementNS(svg.namespaceURI, "circle");
    ring.setAttribute("class", "ring");
    ring.setAttribute("visibility", "hidden");
    svg.append(ring);
    return { svg, dots, ring };
  });
  let shown = null; // { map, dot }

  function hide() {
    shown = null;
    tip.hidden = true;
    for (const { ring } of maps) ring.setAttribute("visibility", "hidden");
  }

  function show(map, dot) {
    if (shown && shown.map === map && shown.dot === dot) return;
    shown = { map, dot };
    tip.replaceChildren(...dot.lines.map((line) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      return paragraph;
    }));
    const swatch = document.createElement("i");
    swatch.className = dot.swatch;
    tip.firstChild.prepend(swatch);
    tip.hidden = false;
    const at = new DOMPoint(dot.x, dot.y).matrixTransform(map.svg.getScreenCTM());
    const wide = document.documentElement.clientWidth;
    const left = Math.min(Math.max(at.x - tip.offsetWidth / 2, 8), wide - tip.offsetWidth - 8);
    const above = at.y - tip.offsetHeight - 20;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(above > 4 ? above : at.y + 20) + scrollY}px`;
    // The same station on every map
    for (const { dots, ring } of maps) {
      const same = dots.find(({ station }) => station === dot.station);
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
    let best = null;
    let least = REACH / matrix.a;
    for (const dot of dots) {
      // Where dots lie on each other, the small one, which is on top
      const distance = Math.max(Math.hypot(dot.x - point.x, dot.y - point.y) - dot.r, 0) + dot.r / 1000;
      if (distance < least) [best, least] = [dot, distance];
    }
    return best;
  }

  // The nearest dot in a direction; what lies aside counts double, so that a walk keeps its course.
  function next(dots, from, [dx, dy]) {
    let best = null;
    let least = Infinity;
    for (const dot of dots) {
      const ahead = (dot.x - from.x) * dx + (dot.y - from.y) * dy;
      const aside = Math.abs((dot.x - from.x) * dy) + Math.abs((dot.y - from.y) * dx);
      if (ahead > 0.5 && ahead + 2 * aside < least) [best, least] = [dot, ahead + 2 * aside];
    }
    return best;
  }

  for (const map of maps) {
    const { svg, dots } = map;
    if (!dots.length) continue;
    // The browser would show the titles as tooltips of its own, beside ours: dots are no longer pointed at themselves.
    svg.classList.add("is-live");
    const title = svg.querySelector("title");
    svg.setAttribute("aria-label", title.textContent);
    svg.removeAttribute("aria-labelledby");
    title.remove();
    svg.setAttribute("aria-describedby", svg.querySelector("desc").id);
    svg.setAttribute("role", "application");
    svg.setAttribute("tabindex", "0");
    const point = (event) => {
      const dot = nearest(map, event);
      if (dot) show(map, dot);
      else hide();
    };
    svg.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") point(event); });
    svg.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
    svg.addEventListener("click", (event) => { point(event); event.stopPropagation(); });
    svg.addEventListener("focus", () => { if (svg.matches(":focus-visible") && !shown) show(map, dots[0]); });
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      if (!(event.key in STEPS) && event.key !== "Home") return;
      event.preventDefault();
      const from = shown && shown.map === map ? shown.dot : dots[0];
      const dot = event.key === "Home" ? dots[0] : next(dots, from, STEPS[event.key]);
      if (dot) show(map, dot);
    });
  }
  document.addEventListener("click", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("resize", hide);
  document.querySelectorAll(".tubepulse-hint").forEach((hint) => { hint.hidden = false; });
})();
