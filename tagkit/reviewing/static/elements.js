// How a product is drawn. All texts are set as text, never as HTML.

const LONGEST = 20000; // characters of a text that are shown
const number = (value) => value.toLocaleString("en-US");

/** Make an element; attributes that are false or undefined are left out, `onclick` and the like are listeners. */
function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}

/** Return the text with the evidence underlined; positions count characters, not the halves of UTF-16. */
function textNodes(product, chosen, statusOf) {
  const characters = Array.from(product.text);
  const marks = new Uint8Array(characters.length);
  product.tags.forEach((tag, at) => {
    const mark = at === chosen ? 2 : statusOf(tag) === "rejected" ? 0 : 1;
    for (const [start, end] of tag.spans) for (let n = start; n < end; n++) marks[n] = Math.max(marks[n], mark);
  });
  const stretch = (start, end) => {
    const nodes = [];
    for (let from = start, n = start + 1; n <= end; n++) {
      if (n < end && marks[n] === marks[from]) continue;
      const text = characters.slice(from, n).join("");
      nodes.push(marks[from] ? make("u", { class: marks[from] === 2 ? "tr-chosen" : false }, text) : text);
      from = n;
    }
    return nodes;
  };
  const end = Math.min(characters.length, LONGEST);
  const parts = [make("p", { class: "tr-title" }, ...stretch(0, Math.min(product.titleLength, end)))];
  if (end > product.titleLength) parts.push(make("p", {}, ...stretch(product.titleLength + 1, end)));
  if (end < characters.length) parts.push(make("p", {}, `… and ${number(characters.length - end)} more characters`));
  const facts = Object.entries(product.attributes).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  if (facts.length) parts.push(make("dl", {}, ...facts));
  return parts;
}

/** Return the line of a tag, with its mark, its score, and what a screen reader says. */
function tagLine(tag, { status, isSaving, ...attributes }) {
  const more = [tag.type, status === "edited" && `→ ${tag.to}`, tag.source === "gold" && "came with it"].filter(Boolean).join(" ");
  const score = tag.score === null ? "" : tag.score.toFixed(2);
  const spoken = [tag.text, more, score && `score ${score}`, SPOKEN[status], isSaving && "being saved"].filter(Boolean).join(", ");
  return make(
    "li",
    {
      role: "option", "aria-label": spoken, "data-status": status, "data-tag": tag.text,
      class: isSaving && "tr-saving", style: `--score: ${tag.score ?? 0}`, ...attributes,
    },
    make("span", { class: "tr-mark" }, isSaving ? "…" : MARKS[status]), make("span", { class: "tr-name" }, tag.text),
    more ? make("small", {}, more) : "", make("span", { class: "tr-score" }, score),
  );
}
