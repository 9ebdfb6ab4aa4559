"use strict";
// Draws the panels, in the colours of the page, and shows or hides what a button stands for.
(() => {
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const hidden = new Set(); // "arm NAME", "key PLATE NAME"
  let seeds = document.querySelector("[data-seeds]").getAttribute("aria-pressed") === "true";

  const colours = () => {
    const told = getComputedStyle(document.documentElement);
    const names = ["ink", "soft", "line", "surface", "middle", "low", "high", "trace"];
    return Object.fromEntries(names.map((name) => [name, told.getPropertyValue(`--${name}`).trim()]));
  };

  const layoutOf = (layout, colour) => {
    const shown = structuredClone(layout);
    for (const axis of [shown.xaxis, shown.yaxis]) {
      Object.assign(axis, { gridcolor: colour.line, linecolor: colour.line, color: colour.soft, fixedrange: false });
    }
    for (const shape of shown.shapes || []) {
      if (shape.name === "level") shape.line = { color: colour.soft, width: 1, dash: "dash" };
    }
    const font = { color: colour.ink, size: 12.5, family: getComputedStyle(document.body).fontFamily };
    const label = { bgcolor: colour.surface, bordercolor: colour.line, font: { color: colour.ink } };
    const ground = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
    return Object.assign(shown, { font, hoverlabel: label, hovermode: shown.hovermode || "closest", autosize: true }, ground);
  };

  const traceOf = (trace, colour, plate) => {
    const of = trace.meta || {};
    const off = hidden.has(`arm ${of.arm}`) || hidden.has(`key ${plate} ${of.key}`) || (of.seed && !seeds);
    const shown = { ...trace, visible: !off };
    if (of.map) {
      const aroundChance = [[0, colour.low], [0.5, colour.middle], [1, colour.high]];
      const fromNone = [[0, colour.middle], [0.005, colour.trace], [1, colour.high]]; // a little shows
      shown.colorscale = of.map === "scores" ? aroundChance : fromNone;
      if (trace.colorbar) shown.colorbar = { ...trace.colorbar, outlinewidth: 0, tickfont: { color: colour.soft } };
    }
    if (of.edge) shown.marker = { ...trace.marker, line: { color: colour.surface, width: 1 } };
    return shown;
  };

  // Without a pointer that hovers, a bar of buttons would always lie over the figure.
  const hovers = window.matchMedia("(hover: hover)").matches;
  const config = { displaylogo: false, responsive: true, displayModeBar: hovers ? "hover" : false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  const draw = () => {
    const colour = colours();
    for (const plot of plots) {
      const place = document.getElementById(plot.id);
      if (place.closest("[hidden]")) continue;
      const plate = place.closest("[data-plate]").dataset.plate;
      const traces = plot.data.map((trace) => traceOf(trace, colour, plate));
      Plotly.react(place, traces, layoutOf(plot.layout, colour), config);
    }
  };

  const press = (button, on) => button.setAttribute("aria-pressed", String(on));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[aria-pressed]");
    if (!button) return;
    const on = button.getAttribute("aria-pressed") === "false";
    if ("seeds" in button.dataset) {
      seeds = on;
      press(button, on);
    } else {
      const arm = button.dataset.arm;
      const what = arm === undefined ? `key ${button.dataset.plate} ${button.dataset.key}` : `arm ${arm}`;
      on ? hidden.delete(what) : hidden.add(what);
      press(button, on);
      if (arm !== undefined) {
        for (const other of document.querySelectorAll("button[data-arm]")) if (other.dataset.arm === arm) press(other, on);
        for (const panel of document.querySelectorAll("[data-of]")) if (panel.dataset.of === arm) panel.hidden = !on;
      }
    }
    draw();
  });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("print").addEventListener("change", draw);
  draw();
})();
