// Draws the charts from the JSON beside their canvases, in the page's colours, light or dark.
(() => {
  "use strict";
  const phone = matchMedia("(max-width: 40rem)");
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  // A colour of style.css as the browser resolves it here and now.
  const colour = (name) => {
    probe.style.color = `var(--tubepulse-${name})`;
    return getComputedStyle(probe).color;
  };
  const faded = (name, part) => {
    probe.style.color = `color-mix(in srgb, var(--tubepulse-${name}) ${part}%, transparent)`;
    return getComputedStyle(probe).color;
  };

  const signed = (value, decimals = 3) => {
    const text = Math.abs(value).toFixed(decimals);
    return Number(text) === 0 ? text : (value < 0 ? "−" : "+") + text;
  };
  const axisMood = (value) => signed(value, Math.round(value * 100) % 10 ? 2 : 1);
  const short = (name) => (name.length > 26 ? `${name.slice(0, 25)}…` : name);
  const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
  const pounds = (value) => `£${whole.format(value)}`;
  const shortPounds = (value) =>
    Math.abs(value) >= 1e6 ? `£${Number((value / 1e6).toFixed(2))}m` : `£${whole.format(value / 1e3)}k`;

  const axis = (title, more) => ({
    title: { display: title !== "", text: title, color: colour("soft"), font: { weight: 600 } },
    border: { display: false },
    grid: { color: ({ tick }) => (tick && tick.value === 0 ? colour("soft") : colour("rule")), tickLength: 4 },
    ...more,
    ticks: { color: colour("soft"), ...more.ticks },
  });
  const named = (title, more) => axis(title, { grid: { display: false }, ...more });
  // From the least value to the greatest, with some air; round numbers only.
  const range = (values, air, ...always) => {
    const all = [...values.filter((value) => value !== null), ...always];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const room = (high - low || Math.abs(high) || 1) * air;
    return { min: always.includes(low) ? low : low - room, max: always.includes(high) ? high : high + room };
  };
  const moods = (title, limits) =>
    axis(title, { ...limits, ticks: { callback: axisMood, maxTicksLimit: 7, includeBounds: false } });
  // A legend of lines, dashed as they are, in the order of the table.
  const lines = { boxWidth: 36, boxHeight: 0, padding: 16, sort: (one, other) => one.datasetIndex - other.datasetIndex };
  const about = (chart, place) => (chart.tweets ? `, ${whole.format(chart.tweets[place])} tweets` : "");

  const KINDS = {
    bar: (chart) => ({
      type: "bar",
      data: {
        labels: chart.names,
        datasets: [{
          data: chart.series[0].values,
          backgroundColor: chart.classes.map((number) => colour(`m${number ?? 0}`)),
          borderColor: colour("edge"),
          borderWidth: 1,
          barPercentage: 0.86,
          categoryPercentage: 0.92,
        }],
      },
      options: {
        indexAxis: "y",
        scales: {
          x: moods(chart.yTitle, range(chart.series[0].values, 0.06, 0)),
          // A bar's number stands beside its name, where no other bar can be
          y: named(phone.matches ? "" : chart.xTitle, {
            ticks: {
              autoSkip: false,
              color: colour("ink"),
              callback: (_, place) => `${short(chart.names[place])}  ${signed(chart.series[0].values[place])}`,
            },
          }),
        },
        plugins: {
          tooltip: { callbacks: { label: ({ raw, dataIndex }) => `Mood ${signed(raw)}${about(chart, dataIndex)}` } },
        },
      },
    }),
    scatter: (chart) => ({
      type: "scatter",
      data: {
        datasets: [{
          data: chart.x.map((x, place) => ({ x, y: chart.series[0].values[place] })),
          backgroundColor: faded("accent", 35),
          borderColor: colour("accent"),
          borderWidth: 1,
          radius: 4,
          hoverRadius: 7,
        }],
      },
      options: {
        scales: {
          x: axis(chart.xTitle, {
            ...range(chart.x, 0.05),
            ticks: { callback: shortPounds, maxTicksLimit: 7, includeBounds: false },
          }),
          y: moods(chart.yTitle, range(chart.series[0].values, 0.05)),
        },
        plugins: {
          tooltip: {
            callbacks: {
              title: (items) => items.map(({ dataIndex }) => chart.names[dataIndex]),
              label: ({ raw }) => `${pounds(raw.x)}, mood ${signed(raw.y)}`,
            },
          },
        },
      },
    }),
    line: (chart) => ({
      type: "line",
      data: {
        labels: chart.names,
        datasets: chart.series.map(({ name, values }, place) => ({
          label: name,
          data: values,
          borderColor: colour(["accent", "m-3", "soft"][place % 3]),
          backgroundColor: colour(["accent", "m-3", "soft"][place % 3]),
          borderWidth: place ? 2 : 3,
          borderDash: [[], [7, 4], [2, 4]][place % 3],
          pointStyle: ["circle", "rect", "triangle"][place % 3],
          pointRadius: 5,
          order: -place, // all London, the widest line, lies below
        })),
      },
      options: {
        interaction: { mode: "index", intersect: false },
        scales: {
          x: named(chart.xTitle, { offset: chart.names.length === 1, ticks: { color: colour("ink") } }),
          y: moods(chart.yTitle, range(chart.series.flatMap(({ values }) => values), 0.12, 0)),
        },
        plugins: {
          legend: { display: true, position: "bottom", labels: { ...lines, color: colour("ink") } },
          tooltip: {
            callbacks: {
              title: (items) => `Week ${items[0].label}`,
              label: ({ dataset, raw }) => `${dataset.label}: ${raw === null ? "–" : signed(raw)}`,
            },
          },
        },
      },
    }),
  };

  const drawn = new Map();

  function draw(figure) {
    const chart = JSON.parse(figure.querySelector("script").textContent);
    const style = getComputedStyle(figure);
    Chart.defaults.font.family = style.fontFamily;
    Chart.defaults.font.size = phone.matches ? 11 : 13;
    const config = KINDS[chart.type](chart);
    config.options = {
      ...config.options,
      maintainAspectRatio: false,
      color: colour("ink"),
      animation: false,
      plugins: {
        legend: { display: false },
        ...config.options.plugins,
        tooltip: {
          displayColors: false,
          backgroundColor: colour("ink"),
          titleColor: colour("paper"),
          bodyColor: colour("paper"),
          padding: 10,
          cornerRadius: 6,
          ...config.options.plugins.tooltip,
        },
      },
    };
    drawn.get(figure)?.destroy();
    drawn.set(figure, new Chart(figure.querySelector("canvas"), config));
  }

  const figures = document.querySelectorAll(".tubepulse-chart");
  const drawAll = () => figures.forEach(draw);
  drawAll();
  for (const change of [phone, matchMedia("(prefers-color-scheme: dark)")]) {
    change.addEventListener("change", drawAll);
  }
})();
