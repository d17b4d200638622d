// Selection, search and filters. All that is shown is already in the page; this finds it there, and adds text as text only.
(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const TABLES = ["actors", "events", "places", "agreements", "provisions", "claims", "cues", "discrepancies", "sources"];

  document.documentElement.classList.add("js");
  for (const element of all(".js-only")) element.hidden = false;
  for (const element of all(".nested > li")) element.classList.add("row");

  // --- What rests on what ---

  const segments = all(".sentence .seg").map((element) => {
    const [sentence, start, end] = /^(.*)\.(\d+)-(\d+)$/.exec(element.id).slice(1);
    return { element, sentence, start: Number(start), end: Number(end) };
  });
  const bySentence = Map.groupBy
    ? Map.groupBy(segments, (segment) => segment.sentence)
    : segments.reduce((map, segment) => map.set(segment.sentence, [...(map.get(segment.sentence) ?? []), segment]), new Map());
  // A nested row that quotes nothing rests on its card's own words; where these are several, it has the place of its own.
  const quotedBy = (element, card) => {
    if (element.matches(".w")) return element;
    const place = one("small", element)?.textContent;
    return all(".own", card).find((own) => !place || one("small", own).textContent === place);
  };
  const words = all(".w, .nested > li:has(> b)").map((element) => {
    const card = element.closest(".card");
    const quoted = quotedBy(element, card);
    const [start, end] = one("small", quoted).textContent.split("–").map(Number);
    const sentence = one("a", quoted).getAttribute("href").slice(1);
    return { element, sentence, start, end, columns: all("b", element).map((b) => b.textContent), card };
  });
  const segmentsOf = (item) =>
    (bySentence.get(item.sentence) ?? []).filter((segment) => item.start <= segment.start && segment.end <= item.end);
  const titleOf = (card) => one(".title", card).textContent;
  const isWide = () => matchMedia("(min-width: 64rem)").matches;
  const behavior = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

  // --- Selection ---

  const panel = one("#selection");

  const clear = () => {
    for (const element of all(".hit, .selected, .within")) element.classList.remove("hit", "selected", "within");
    for (const element of all("[aria-current]")) element.removeAttribute("aria-current");
    panel.hidden = true;
    panel.replaceChildren();
    one("#told").textContent = "";
    document.body.classList.remove("picked");
  };

  const show = (heading, ...content) => {
    const close = make("button", { type: "button", className: "close", textContent: "✕", ariaLabel: "End the selection" });
    close.addEventListener("click", () => go(""));
    const title = make("h2", {}, heading);
    one("#told").textContent = title.textContent;
    panel.replaceChildren(title, close, ...content);
    panel.hidden = false;
    panel.scrollTop = 0;
    document.body.classList.add("picked");
  };

  const entry = (card, columns) => {
    const item = make("li", {}, make("a", { href: `#${encodeURI(card.id)}`, textContent: titleOf(card) }));
    for (const badge of all(".badges .b", card).filter((b) => !b.classList.contains("b-kind"))) item.append(" ", badge.cloneNode(true));
    if (columns.size) item.append(" ", make("small", { textContent: [...columns].join(", ") }));
    return item;
  };

  const restingOn = (found) => {
    const cards = new Map();
    for (const item of found) {
      if (!item.card) continue;
      if (!cards.has(item.card)) cards.set(item.card, new Set());
      for (const column of item.columns) cards.get(item.card).add(column);
    }
    const lists = [];
    for (const table of TABLES) {
      const own = [...cards].filter(([card]) => card.id.startsWith(`${table}/`));
      if (!own.length) continue;
      lists.push(make("p", { className: "of", textContent: `${table} (${own.length})` }));
      lists.push(make("ul", {}, ...own.map(([card, columns]) => entry(card, columns))));
    }
    return lists.length ? lists : [make("p", { textContent: "Nothing was coded from these words." })];
  };

  const selectWords = (segment) => {
    segment.element.classList.add("hit");
    const found = words.filter(
      (item) => item.sentence === segment.sentence && item.start <= segment.start && segment.end <= item.end,
    );
    // The shortest words first: what rests on just these comes before what rests on the whole sentence.
    found.sort((left, right) => left.end - left.start - (right.end - right.start));
    for (const item of found) markPictures(item.card);
    show(`“${segment.element.textContent.trim()}”: what rests on these words`, ...restingOn(found));
  };

  const selectSentence = (sentence) => {
    sentence.classList.add("selected");
    one(".no", sentence).setAttribute("aria-current", "true");
    const found = words.filter((item) => item.sentence === sentence.id);
    const number = one(".no", sentence).textContent;
    show(`Sentence ${number}: what rests on it`, ...restingOn(found.map((item) => ({ ...item, columns: [] }))));
  };

  const markPictures = (card) => {
    if (!card) return;
    for (const element of all("[data-rows]")) {
      if (element.dataset.rows.split(" ").includes(card.id)) element.classList.add("hit");
    }
  };

  const selectRow = (row) => {
    const card = row.closest(".card") ?? (row.dataset.same ? document.getElementById(row.dataset.same) : null);
    row.classList.add(row === card ? "selected" : "within");
    if (!card) {
      show("A row of a table that rests on no words", make("p", { textContent: row.textContent.replace(/\s+/g, " ") }));
      return;
    }
    card.classList.add("selected");
    one(".title a", card).setAttribute("aria-current", "true");
    if (row.closest("details") || row === card) for (const details of all(":scope > details", card)) details.open = true;
    const own = words.filter((item) => (row === card || row.dataset.same ? item.card === card : row.contains(item.element)));
    const seen = new Set();
    const quotes = [];
    for (const item of own) {
      for (const segment of segmentsOf(item)) segment.element.classList.add("hit");
      const key = `${item.sentence} ${item.start} ${item.end}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const number = one(".no", document.getElementById(item.sentence)).textContent;
      const link = make("a", { href: `#${encodeURI(item.sentence)}`, textContent: number, ariaLabel: `Sentence ${number}` });
      quotes.push({ at: item.start, line: make("li", {}, link, " ", make("q", { textContent: segmentsOf(item).map((segment) => segment.element.textContent).join("") })) });
    }
    quotes.sort((left, right) => left.at - right.at);
    markPictures(card);
    const badges = make("p", {}, ...all(".badges .b", card).flatMap((badge) => [badge.cloneNode(true), " "]));
    const title = make("a", { href: `#${encodeURI(card.id)}`, textContent: titleOf(card) });
    show(title, badges, make("p", { className: "of", textContent: `${card.id.split("/")[0]}: rests on` }), make("ul", {}, ...quotes.map((quote) => quote.line)));
    const first = one(".sentence .seg.hit");
    if (first && isWide()) reveal(first);
  };

  // Scrolls the article's own pane, not the page.
  const reveal = (element) => {
    const pane = one("#article");
    const offset = element.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    if (offset < 40 || offset > pane.clientHeight - 60) pane.scrollTo({ top: pane.scrollTop + offset - 80, behavior: behavior() });
  };

  // --- Addresses ---

  const target = () => {
    try {
      return document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return null;
    }
  };

  const arrive = () => {
    clear();
    const element = target();
    if (!element) return;
    const segment = segments.find((item) => item.element === element);
    const sentence = element.closest(".sentence");
    const row = element.closest(".row");
    if (row?.closest("#claims")) unfilter(row.closest(".card"));
    for (let parent = element.parentElement; parent; parent = parent.parentElement) if (parent.tagName === "DETAILS") parent.open = true;
    if (segment) selectWords(segment);
    else if (sentence) selectSentence(sentence);
    else if (row) selectRow(row);
    if (sentence && isWide()) {
      if (one("main").getBoundingClientRect().top > innerHeight / 2) one("main").scrollIntoView();
      reveal(element);
    } else if (sentence) {
      element.scrollIntoView({ block: "center" });
    } else {
      element.scrollIntoView({ block: "start" });
    }
  };

  const go = (id) => {
    history.pushState(null, "", id ? `#${encodeURI(id)}` : location.pathname + location.search);
    arrive();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    const address = link?.getAttribute("href");
    if (address?.startsWith("#") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const id = decodeURIComponent(address.slice(1));
      closeResults();
      go(id);
      if (link.classList.contains("skip")) one("#article").focus();
      return;
    }
    const element = event.target.closest?.(".sentence .seg");
    if (element && !String(getSelection())) {
      rove(element);
      go(element.id);
    }
  });
  addEventListener("popstate", arrive);

  // --- The article by keyboard ---

  let current = segments[0]?.element;
  const rove = (element) => {
    current?.setAttribute("tabindex", "-1");
    current = element;
    current.setAttribute("tabindex", "0");
    current.setAttribute("aria-describedby", "keys");
  };
  for (const { element } of segments) element.setAttribute("tabindex", "-1");
  if (current) rove(current);
  one("#article").addEventListener("keydown", (event) => {
    const at = segments.findIndex((item) => item.element === event.target);
    if (at < 0) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      let next = at + step;
      while (segments[next] && !segments[next].element.textContent.trim()) next += step;
      if (segments[next]) {
        rove(segments[next].element);
        current.focus();
      }
      event.preventDefault();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      go(event.target.id);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (!one("#results").hidden) {
      query.value = "";
      closeResults();
      query.focus();
    } else if (!panel.hidden) go("");
  });

  // --- Search ---

  const query = one("#query");
  const MOST = 60;
  let index = null;
  const closeResults = () => {
    one("#results").hidden = true;
  };
  const squeeze = (text) => text.replace(/\s+/g, " ").trim();
  // A nested row is told by its cells and by the row that it belongs to.
  const plainText = (element) => {
    const card = element.closest(".card");
    if (!card) return [...element.cells].map((cell) => cell.textContent).join(" · ");
    const copy = element.cloneNode(true);
    for (const part of all(".w, i, b", copy)) part.remove();
    return `${copy.textContent} (of: ${titleOf(card)})`;
  };
  const indexed = () =>
    all(".sentence, .row[id]").map((element) => {
      const isSentence = element.classList.contains("sentence");
      const isCard = element.classList.contains("card");
      const title = squeeze(isSentence ? one(".text", element).textContent : isCard ? titleOf(element) : plainText(element));
      const more = isCard ? all(".badges, .note, .cells", element).map((part) => part.textContent) : [];
      const kind = isSentence ? `sentence ${one(".no", element).textContent}` : element.id.split("/")[0];
      return { id: element.id, title, kind, rank: isSentence ? 0 : isCard ? 1 : 2, text: squeeze(`${title} ${more.join(" ")}`).toLowerCase() };
    });
  const search = () => {
    const asked = squeeze(query.value).toLowerCase().split(" ").filter(Boolean);
    if (!asked.length) return closeResults();
    index ??= indexed();
    const found = index.filter((item) => asked.every((word) => item.text.includes(word)));
    const inTitle = (item) => (asked.every((word) => item.title.toLowerCase().includes(word)) ? 0 : 1);
    found.sort((left, right) => inTitle(left) - inTitle(right) || left.rank - right.rank);
    const shown = found.slice(0, MOST);
    one("#found").textContent = found.length > MOST ? `${MOST} of ${found.length} found` : `${found.length} found`;
    one("#results ol").replaceChildren(
      ...shown.map((item) => {
        const title = item.title.length > 160 ? `${item.title.slice(0, 160)}…` : item.title;
        return make("li", {}, make("a", { href: `#${encodeURI(item.id)}`, textContent: title }), " ", make("small", { textContent: item.kind }));
      }),
    );
    one("#results").hidden = false;
  };
  query.addEventListener("input", search);
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter") one("#results a")?.click();
    if (event.key === "ArrowDown") one("#results a")?.focus();
  });

  // --- Filters ---

  const form = one("#filter");
  const claims = all("#claims .card");
  const filter = () => {
    const asked = new FormData(form);
    const wanted = squeeze(asked.get("words")).toLowerCase();
    let count = 0;
    for (const card of claims) {
      const fits =
        ["voice", "sure", "kind"].every((name) => !asked.get(name) || card.dataset[name] === asked.get(name)) &&
        ["granted", "hedged"].every((name) => !asked.has(name) || name in card.dataset) &&
        (!wanted || titleOf(card).toLowerCase().includes(wanted));
      card.hidden = !fits;
      count += fits;
    }
    one("#count").textContent = `${count} of ${claims.length} claims`;
  };
  const unfilter = (card) => {
    if (!card?.hidden) return;
    form.reset();
    filter();
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  for (const cell of all(".counts td")) {
    if (cell.textContent === "·") continue;
    const { voice, sure } = cell.dataset;
    const name = one("th", cell.parentElement).textContent;
    const label = sure ? one(`[name="sure"] option[value="${CSS.escape(sure)}"]`, form).textContent : "all";
    const button = make("button", { type: "button", textContent: cell.textContent, ariaLabel: `${cell.textContent} claims: ${name}, ${label}` });
    button.addEventListener("click", () => {
      form.reset();
      form.elements.voice.value = voice;
      form.elements.sure.value = sure;
      filter();
      form.scrollIntoView({ block: "nearest" });
    });
    cell.replaceChildren(button);
  }
  filter();

  if (location.hash) arrive();
})();
