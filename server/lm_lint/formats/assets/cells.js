"use strict";
// Without this the page shows the text and the names of the cells, and no colours.
(() => {
  const PARTS = 8192;
  const LEVELS = 8;
  const STEPS = 200;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const code = document.querySelector(".code");
  const spans = all(".l span", code);
  const lines = all(".l", code);
  const over = document.querySelector(".over");
  const tip = document.getElementById("tip");
  const inputs = all(".cells input");
  let shades = new Int16Array(0);
  let chosen = inputs[0];
  let current = null;

  const decoded = (packed) => {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Int16Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true));
  };

  // Half a level around the middle has no colour, so that what says nothing stays white.
  const colour = (shade) => {
    const level = Math.min(Math.round(Math.abs(shade) * LEVELS), LEVELS);
    return level ? `${shade > 0 ? "w" : "k"}${level}` : "";
  };

  const overview = () => {
    const nSteps = Math.min(lines.length, STEPS);
    const steps = Array.from({ length: nSteps }, (_, step) => {
      const low = Math.floor((step * lines.length) / nSteps);
      const high = Math.max(Math.floor(((step + 1) * lines.length) / nSteps), low + 1);
      const tokens = lines.slice(low, high).flatMap((line) => all("span", line));
      const sum = tokens.reduce((total, span) => total + shades[span.dataset.t] / PARTS, 0);
      const res = document.createElement("i");
      res.className = tokens.length ? colour(sum / tokens.length) : "";
      res.dataset.line = low;
      return res;
    });
    over.replaceChildren(...steps);
  };

  const show = (input) => {
    chosen = input;
    input.checked = true;
    shades = decoded(input.dataset.heat);
    for (const span of spans) span.className = colour(shades[span.dataset.t] / PARTS);
    document.querySelector(".now").textContent = input.dataset.told;
    overview();
    tell(current);
  };

  const row = (text) => {
    const res = document.createElement("div");
    res.textContent = text;
    return res;
  };

  const tell = (span) => {
    if (current) current.classList.remove("at");
    current = span;
    tip.hidden = !span;
    if (!span) return;
    span.classList.add("at");
    const text = document.createElement("code");
    text.textContent = span.textContent.trim() || "blanks";
    const shade = shades[span.dataset.t] / PARTS;
    const { middle, spread, sign } = chosen.dataset;
    const value = +middle + shade * spread * sign;
    const way = shade > 0 ? "above" : "below";
    const most = Math.abs(shade) > 3.99 ? " or more" : "";
    tip.replaceChildren(text, row(`after it the cell holds ${value.toFixed(3)}${most}`), row(`${Math.abs(shade).toFixed(2)} spreads ${way} the middle`));
    const page = document.documentElement;
    const box = span.getBoundingClientRect();
    const left = Math.min(box.left, page.clientWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(left, 8) + scrollX}px`;
    tip.style.top = `${(above > 48 ? above : box.bottom + 8) + scrollY}px`;
  };

  const step = (by) => {
    if (!spans.length) return;
    const now = current ? spans.indexOf(current) : -1;
    const next = spans[Math.min(Math.max(now + by, 0), spans.length - 1)];
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    tell(next);
  };

  const turn = (by) => show(inputs[(inputs.indexOf(chosen) + by + inputs.length) % inputs.length]);

  inputs.forEach((input) => input.addEventListener("change", () => show(input)));
  const tokenAt = (event) => event.target.closest?.(".l span[data-t]") ?? null;
  document.addEventListener("pointerover", (event) => tell(tokenAt(event)));
  document.addEventListener("click", (event) => tell(tokenAt(event)));
  over.addEventListener("click", (event) => {
    const line = event.target.dataset.line;
    if (line) lines[line].scrollIntoView({ block: "center" });
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isInText = code.contains(event.target);
    const actions = {
      j: () => turn(1),
      k: () => turn(-1),
      Escape: () => tell(null),
      ArrowRight: isInText && (() => step(1)),
      ArrowLeft: isInText && (() => step(-1)),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  if (matchMedia("(max-width: 1000px)").matches) document.querySelector(".panel").open = false;
  document.querySelector(".keys").hidden = false;
  show(chosen);
})();
