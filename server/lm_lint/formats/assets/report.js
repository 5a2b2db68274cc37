"use strict";
// The page is complete without this: it colours tokens, filters, and answers keys.
(() => {
  const THRESHOLDS = [1, 2, 4, 6, 9, 13];
  const END_OF_LINE = 0xffff;
  const PARTS_A_BIT = 64;
  const page = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const tip = document.getElementById("tip");

  // Tokens: three 16-bit numbers each, painted when their lines come into view.
  const level = (bits) => THRESHOLDS.filter((threshold) => bits >= threshold).length + 1;

  const numbers = (packed) => {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i, true));
  };

  const textsOf = (line) => {
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement.closest("ins") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    const found = [];
    while (walker.nextNode()) found.push(walker.currentNode);
    return found;
  };

  const token = (text, bits, expected) => {
    const span = document.createElement("span");
    span.textContent = text;
    span.dataset.bits = bits / PARTS_A_BIT;
    span.dataset.expected = expected / PARTS_A_BIT;
    if (text.trim()) span.className = `s${level(bits / PARTS_A_BIT)} e${level(expected / PARTS_A_BIT)}`;
    return span;
  };

  const paint = (chunk) => {
    const data = numbers(chunk.dataset.heat);
    delete chunk.dataset.heat;
    let at = 0;
    for (const line of all(".l > code", chunk)) {
      let left = data[at];
      for (const node of textsOf(line)) {
        const text = node.data;
        const spans = document.createDocumentFragment();
        let start = 0;
        while (start < text.length && data[at] !== END_OF_LINE) {
          const n = Math.min(left, text.length - start);
          spans.append(token(text.slice(start, start + n), data[at + 1], data[at + 2]));
          start += n;
          left -= n;
          if (left === 0) left = data[(at += 3)];
        }
        spans.append(text.slice(start));
        node.replaceWith(spans);
      }
      while (data[at] !== END_OF_LINE) at += 3;
      at += 3;
    }
  };

  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      paint(target);
    }
  }, { rootMargin: "800px" });
  all(".chunk[data-heat]").forEach((chunk) => seen.observe(chunk));

  // What a token costs, at the pointer, at a finger, or token by token with the arrows.
  let current = null;
  const number = (bits) => Math.max(2 ** bits, 1.01).toLocaleString("en", { maximumSignificantDigits: 3 });
  const odds = (bits) => (bits < 0.02 ? "certain" : `1 in ${number(bits)}`);
  const choice = (bits) => (bits < 0.02 ? "no choice" : `a choice of ${number(bits)}`);
  const row = (name, bits, said) => {
    const res = document.createElement("div");
    const cost = document.createElement("b");
    cost.textContent = `${bits.toFixed(1)} bits`;
    res.append(`${name} `, cost, ` \u00b7 ${said(bits)}`);
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
    tip.replaceChildren(text, row("surprisal", +span.dataset.bits, odds), row("entropy", +span.dataset.expected, choice));
    const box = span.getBoundingClientRect();
    const left = Math.min(box.left, page.clientWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(left, 8) + scrollX}px`;
    tip.style.top = `${(above > 48 ? above : box.bottom + 8) + scrollY}px`;
  };
  const tokenAt = (event) => event.target.closest?.(".l span[data-bits]") ?? null;
  document.addEventListener("pointerover", (event) => tell(tokenAt(event)));
  document.addEventListener("click", (event) => tell(tokenAt(event)));

  const step = (code, by) => {
    const tokens = all(".l span[data-bits]", code).filter((span) => span.getClientRects().length);
    if (!tokens.length) return;
    const now = current && code.contains(current) ? tokens.indexOf(current) : -1;
    const next = tokens[Math.min(Math.max(now + by, 0), tokens.length - 1)];
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    tell(next);
  };

  // The filter.
  const form = document.querySelector(".filter");
  const query = document.getElementById("q");
  const notes = all(".note");
  const files = all("section.file");
  const entries = new Map(all(".index a[href^='#f']").map((link) => [link.hash.slice(1), link]));
  const texts = new Map(notes.map((note) => [note, `${note.closest(".file").dataset.name} ${note.textContent}`.toLowerCase()]));
  const chosen = (name) => new Set(all(`input[name=${name}]:checked`, form).map((input) => input.value));
  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = chosen("severity");
    const codes = chosen("code");
    let n = 0;
    for (const note of notes) {
      const { severity, code } = note.dataset;
      const fits = severities.has(severity) && codes.has(code) && words.every((word) => texts.get(note).includes(word));
      note.hidden = !fits;
      entries.get(note.id).parentElement.hidden = !fits;
      n += fits;
    }
    for (const file of files) {
      file.hidden = !file.querySelector(".note:not([hidden])");
      entries.get(file.id).parentElement.hidden = file.hidden;
    }
    document.querySelector(".nomatch").hidden = n > 0 || !notes.length;
    form.querySelector(".shown").textContent = n === notes.length ? `${n} shown` : `${n} of ${notes.length} shown`;
  };
  if (matchMedia("(max-width: 1000px)").matches) document.querySelector(".panel").open = false;
  if (notes.length) {
    form.hidden = document.querySelector(".keys").hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }

  // From finding to finding.
  const go = (note) => {
    all(".now").forEach((each) => each.classList.remove("now"));
    note.classList.add("now");
    entries.get(note.id).classList.add("now");
    entries.get(note.id).scrollIntoView({ block: "nearest" });
    note.focus({ preventScroll: true });
    note.scrollIntoView({ block: "center" });
  };
  const move = (by) => {
    const shown = notes.filter((note) => !note.hidden);
    if (!shown.length) return;
    const now = shown.indexOf(document.querySelector(".note.now"));
    go(shown[now < 0 ? (by > 0 ? 0 : shown.length - 1) : (now + by + shown.length) % shown.length]);
  };
  document.addEventListener("click", (event) => {
    const note = document.getElementById(event.target.closest?.("a[href^='#f']")?.hash.slice(1) ?? "");
    if (!note?.matches(".note")) return;
    event.preventDefault();
    history.replaceState(null, "", `#${note.id}`);
    go(note);
  });

  // Which bits the colours show.
  const modes = all("input[name=show]");
  const show = (mode) => {
    page.dataset.show = mode;
    modes.forEach((input) => (input.checked = input.value === mode));
  };
  if (document.querySelector(".chunk")) document.querySelector(".modes").hidden = false;
  modes.forEach((input) => input.addEventListener("change", () => show(input.value)));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      tell(null);
      if (event.target === query) {
        query.value = "";
        filter();
        query.blur();
      }
      return;
    }
    if (event.target.matches("input[type=search], input[type=radio]")) return;
    const code = event.target.closest(".code");
    const actions = {
      j: () => move(1),
      n: () => move(1),
      k: () => move(-1),
      p: () => move(-1),
      h: () => show({ s: "e", e: "o", o: "s" }[page.dataset.show]),
      "/": () => {
        query.closest("details").open = true;
        query.focus();
      },
      ArrowRight: code && (() => step(code, 1)),
      ArrowLeft: code && (() => step(code, -1)),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
})();
