// The widget of tagkit.review: one product at a time, its text, the suggested tags, and a key for every decision.
//
// Python keeps everything. Each action is a message {id, op, ...}, which Python answers with the same id after the
// decision is on the disk; until then the tag is shown as being saved. All texts are set as text, never as HTML, except
// for the cards of explanations and of learning, which tagkit makes and escapes.

const PATIENCE = 3000; // milliseconds without an answer until the widget says so
const LONGEST = 20000; // characters of a text that are shown
const COMMANDS = {
  accept: { keys: ["a"], label: "Accept", title: "Accept the chosen tag", needsTag: true },
  reject: { keys: ["r", "Delete"], label: "Reject", title: "Reject the chosen tag; it stays in sight", needsTag: true },
  edit: { keys: ["e"], label: "Edit", title: "Write another tag in place of the chosen one", needsTag: true },
  add: { keys: ["t", "+"], label: "Add tag", title: "Add a tag that was not suggested" },
  explain: { keys: ["w"], label: "Why?", title: "Explain why the product has the chosen tag, or why not", needsTag: true },
  undo: { keys: ["u"], label: "Undo", title: "Take back the last decision" },
  finish: { keys: ["Enter"], label: "Accept all", title: "Accept all undecided tags, finish the product, show the next" },
  done: { keys: ["d"], label: "Done", title: "Reject all undecided tags, finish the product, show the next" },
  skip: { keys: ["s"], label: "Skip", title: "Leave the product to others, show the next" },
  flag: { keys: ["f"], label: "Flag", title: "Set the product aside for a discussion, show the next; again: take it back" },
  previous: { keys: ["p", "ArrowLeft"], label: "Previous", title: "Show the product before" },
  next: { keys: ["n", "ArrowRight"], label: "Next", title: "Show the next product that is left, without finishing this one" },
  learn: { keys: ["l"], label: "Learn", title: "Let the tagger learn from the finished products, and show what changes" },
};
const SHOWN_KEY = { Enter: "↵", ArrowLeft: "←", ArrowRight: "→", Delete: "Del" };
const STATES = { open: "", done: "finished", skip: "skipped", flag: "flagged" };
const MARKS = { open: "○", accepted: "✓", rejected: "✗", edited: "✎", added: "+" };
const SPOKEN = { open: "undecided", accepted: "accepted", rejected: "rejected", edited: "replaced", added: "added" };
const number = (value) => value.toLocaleString("en-US");
let views = 0;

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

/** Messages to Python and its answers. */
class Python {
  constructor(model, onWaiting) {
    this.model = model;
    this.onWaiting = onWaiting;
    this.prefix = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.count = 0;
    this.waiting = new Map();
  }

  /** Send a message and return Python's answer; an error that Python reports is thrown. */
  ask(op, fields = {}, saves = false) {
    return new Promise((resolve, reject) => {
      const id = `${this.prefix}-${this.count++}`;
      const timer = setTimeout(() => this.onWaiting(), PATIENCE);
      this.waiting.set(id, { resolve, reject, timer, saves, since: Date.now() });
      try {
        this.model.send({ id, op, ...fields });
      } catch (error) {
        clearTimeout(timer);
        this.waiting.delete(id);
        reject(new Error(`the kernel cannot be reached (${error.message})`));
      }
    });
  }

  receive(message, buffers) {
    const request = this.waiting.get(message.id);
    if (!request) return;
    clearTimeout(request.timer);
    this.waiting.delete(message.id);
    if (message.error) request.reject(new Error(message.error));
    else request.resolve({ ...message, buffers });
    this.onWaiting();
  }

  get unsaved() {
    return [...this.waiting.values()].filter((one) => one.saves).length;
  }

  get isLate() {
    return [...this.waiting.values()].some((one) => Date.now() - one.since >= PATIENCE);
  }
}

/** A field for a new tag with completions of the vocabulary, after the ARIA pattern of a combobox. */
class Entry {
  constructor(id, ask, onEnter, onClose) {
    Object.assign(this, { id, ask, onEnter, onClose, options: [], active: -1, asked: 0 });
    this.label = make("label", { for: `${id}-input` });
    this.input = make("input", {
      id: `${id}-input`, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: 200,
      "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": `${id}-options`,
      oninput: (event) => event.isComposing || this.complete(), oncompositionend: () => this.complete(),
    });
    this.list = make("ul", { id: `${id}-options`, role: "listbox", "aria-label": "Completions", class: "tr-options" });
    this.node = make("div", { class: "tr-entry", hidden: true }, this.label, make("div", {}, this.input, this.list));
  }

  get isOpen() {
    return !this.node.hidden;
  }

  open(label, text) {
    this.label.textContent = label;
    this.input.value = text;
    this.node.hidden = false;
    this.show([]);
    this.input.focus();
    this.input.select();
    if (!text) this.complete();
  }

  close() {
    this.node.hidden = true;
    this.asked++;
    this.onClose();
  }

  async complete() {
    const asked = ++this.asked;
    const found = await this.ask(this.input.value);
    if (asked === this.asked && this.isOpen) this.show(found);
  }

  show(options) {
    this.options = options;
    this.active = -1;
    this.list.replaceChildren(
      ...options.map(({ tag, via }, at) =>
        make("li", {
          id: `${this.id}-option-${at}`, role: "option", "aria-selected": "false",
          onpointerdown: (event) => { event.preventDefault(); this.enter(tag); },
        }, tag, via ? make("small", {}, ` ${via}`) : ""),
      ),
    );
    this.input.setAttribute("aria-expanded", String(options.length > 0));
    this.choose(-1);
  }

  choose(at) {
    this.active = at;
    [...this.list.children].forEach((node, n) => node.setAttribute("aria-selected", String(n === at)));
    this.list.children[at]?.scrollIntoView({ block: "nearest" });
    if (at < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `${this.id}-option-${at}`);
  }

  enter(text) {
    if (!text.trim()) return;
    this.close();
    this.onEnter(text.trim());
  }

  /** Handle a key; the caller has seen to it that no input method is composing. */
  key(event) {
    const count = this.options.length;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter") this.enter(this.active < 0 ? this.input.value : this.options[this.active].tag);
    else if (event.key === "Tab" && count && this.active < 0 && !event.shiftKey) this.choose(0);
    else if (event.key === "ArrowDown" && count) this.choose((this.active + 1) % count);
    else if (event.key === "ArrowUp" && count) this.choose(this.active < 0 ? count - 1 : this.active - 1);
    else return;
    event.preventDefault();
  }
}

/** One view of the widget: what is shown, and what the keys do. */
class View {
  constructor(model, el) {
    this.name = `tagkit-review-${++views}`;
    this.python = new Python(model, () => this.showSaved());
    this.product = undefined;
    this.focus = 0; // the chosen tag
    this.saving = new Map(); // decisions on their way, by tag: what the tag will be
    this.history = []; // positions that were shown
    this.at = -1;
    this.moving = Promise.resolve();
    this.allowed = new Set(); // hosts whose photos may be loaded
    this.lost = false;
    this.build();
    el.append(this.root);
    const onMessage = (message, buffers) => this.receive(message, buffers);
    const onLost = () => { this.lost = true; this.showSaved(); };
    const onVisible = () => document.visibilityState === "visible" && !this.lost && this.product && this.refresh();
    model.on("msg:custom", onMessage);
    model.on("comm_live_update", onLost);
    document.addEventListener("visibilitychange", onVisible);
    this.dispose = () => {
      model.off("msg:custom", onMessage);
      model.off("comm_live_update", onLost);
      document.removeEventListener("visibilitychange", onVisible);
      URL.revokeObjectURL(this.photoAddress);
    };
    this.move("open");
  }

  build() {
    this.where = make("strong");
    this.facts = make("span", { class: "tr-facts" });
    this.saved = make("span", { class: "tr-saved" });
    this.photo = make("div", { class: "tr-photo" });
    this.text = make("div", { class: "tr-text", tabindex: "0", role: "group", "aria-label": "Product" });
    this.tags = make("ul", {
      class: "tr-tags", role: "listbox", tabindex: "0", "aria-label": "Suggested tags, the highest score first",
    });
    this.entry = new Entry(
      this.name, async (text) => (await this.attempt("complete", { text }))?.options ?? [],
      (text) => this.entered(text), () => this.tags.focus(),
    );
    this.buttons = Object.fromEntries(
      Object.entries(COMMANDS).map(([name, { keys, label, title }]) => [
        name,
        make("button", {
          type: "button", title, "aria-keyshortcuts": keys.join(" "), "data-command": name,
          onclick: () => { if (!["add", "edit"].includes(name)) this.tags.focus(); this.run(name); },
        }, label, make("kbd", { "aria-hidden": "true" }, SHOWN_KEY[keys[0]] ?? keys[0])),
      ]),
    );
    this.panel = make("section", { class: "tr-panel", hidden: true, tabindex: "-1" });
    this.alert = make("div", { class: "tr-alert", role: "alert" });
    this.status = make("div", { class: "tr-status", role: "status", "aria-live": "polite" });
    this.root = make(
      "section",
      {
        class: "tagkit-review", role: "region", "aria-label": "Review of suggested tags", "data-lm-suppress-shortcuts": "true",
        onkeydown: (event) => this.key(event), onkeyup: (event) => event.stopPropagation(),
        onkeypress: (event) => event.stopPropagation(),
      },
      make("header", {}, this.where, this.facts, this.saved),
      make("div", { class: "tr-main" }, make("div", { class: "tr-product" }, this.photo, this.text),
        make("div", { class: "tr-side" }, this.tags, this.entry.node)),
      make("div", { class: "tr-tools", role: "toolbar", "aria-label": "Actions" }, ...Object.values(this.buttons)),
      make("p", { class: "tr-hint" }, "↑ ↓ choose a tag · Esc leaves the widget"),
      this.alert, this.status, this.panel,
    );
  }

  // ---- keys and commands

  key(event) {
    event.stopPropagation();
    if (event.isComposing || event.keyCode === 229) return;
    if (event.target === this.entry.input) return this.entry.key(event);
    if ((event.ctrlKey || event.metaKey) && !event.altKey) {
      if (event.key === "z") this.run("undo");
      else if (event.key === "s") this.say("Every decision is saved when it is made.");
      else return;
      return event.preventDefault();
    }
    if (event.altKey || event.metaKey) return;
    const isButton = event.target.tagName === "BUTTON";
    if (isButton && ["Enter", " "].includes(event.key)) return;
    if (event.target === this.text && ["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.step(steps[event.key]);
    else if (event.key === "Escape") this.leave();
    else {
      const found = Object.entries(COMMANDS).find(([, { keys }]) => keys.includes(event.key));
      if (!found) return;
      const mayRepeat = ["next", "previous"].includes(found[0]);
      if (!event.repeat || mayRepeat) this.run(found[0]);
    }
    event.preventDefault();
  }

  leave() {
    if (!this.panel.hidden) return this.showPanel();
    document.activeElement?.blur();
    this.root.closest(".jp-Notebook")?.focus();
  }

  /** Do what a key or a button asks for, after the product that an earlier one asked for is there. */
  run(name) {
    if (this.lost || this.python.isLate) return this.showSaved();
    this.moving = this.moving.then(() => this.command(name)).catch((error) => this.fail(error));
  }

  command(name) {
    const tag = this.product?.tags[this.focus];
    const isUseful = this.product || ["next", "previous", "undo", "learn"].includes(name);
    if (!isUseful || (COMMANDS[name].needsTag && !tag)) return this.say("There is no tag to choose.");
    if (name === "accept" || name === "reject") return void this.decide(name, tag);
    if (name === "explain") return void this.explain(tag);
    if (name === "learn") return void this.learn();
    if (name === "edit" || name === "add") {
      this.editing = name === "edit" ? tag : undefined;
      return this.entry.open(name === "edit" ? `Instead of ${tag.text}` : "Add a tag", name === "edit" ? tag.text : "");
    }
    if (name === "previous") return this.back();
    if (name === "next") return this.at < this.history.length - 1 ? this.revisit(this.at + 1) : this.move("next");
    if (name === "undo") return this.move("undo", true);
    return this.move(name, true);
  }

  step(by) {
    const count = this.product?.tags.length ?? 0;
    if (count) this.choose(Math.min(count - 1, Math.max(0, this.focus + by)));
  }

  choose(at) {
    this.focus = at;
    this.showTags();
    this.showText();
  }

  // ---- decisions

  /** Accept or reject a tag: shown at once as being saved, and as saved when Python says so. */
  async decide(name, tag) {
    const position = this.product.position;
    const token = {};
    this.saving.set(tag.key, { status: name === "accept" ? "accepted" : "rejected", token });
    const { tags } = this.product;
    const open = [...tags.keys()].map((n) => (this.focus + 1 + n) % tags.length);
    const next = open.find((n) => this.statusOf(tags[n]) === "open");
    this.choose(next ?? this.focus);
    const answer = await this.attempt(name, { position, tag: tag.key }, true);
    if (this.saving.get(tag.key)?.token === token) this.saving.delete(tag.key);
    this.take(answer, position);
    if (answer) this.say(`${tag.text} ${SPOKEN[name === "accept" ? "accepted" : "rejected"]}, saved.`);
  }

  async entered(text) {
    const position = this.product.position;
    const old = this.editing;
    const fields = old ? { position, tag: old.key, text } : { position, text };
    const answer = await this.attempt(old ? "edit" : "add", fields, true);
    this.take(answer, position);
    if (!answer) return;
    this.choose(Math.max(0, this.product.tags.findIndex((tag) => tag.text === text)));
    this.say(old ? `${old.text} replaced by ${text}, saved.` : `${text} added, saved.`);
  }

  /** Ask Python; what goes wrong is shown, and undefined is returned. */
  async attempt(op, fields, saves = false) {
    try {
      const asked = this.python.ask(op, fields, saves);
      this.showSaved();
      const answer = await asked;
      if (saves) this.alert.textContent = "";
      return answer;
    } catch (error) {
      this.fail(error);
    } finally {
      this.showSaved();
    }
  }

  fail(error) {
    this.alert.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`.replace(/\.\.$/, ".");
  }

  // ---- products

  /** Ask for a product, and show it. */
  async move(op, saves = false) {
    const before = this.product;
    const answer = await this.attempt(op, { position: before?.position ?? null }, saves);
    if (!answer) return this.render();
    if (answer.product) this.show(answer.product, true);
    if (answer.left !== undefined) this.left = answer.left;
    this.say(answer.said ?? "");
    if (op === "open") this.total = answer.total;
    if (answer.product === null) {
      this.product = undefined;
      this.saving.clear();
    }
    this.render();
    if (answer.product) this.lookAhead();
  }

  show(product, isNew) {
    if (this.product?.position !== product.position) {
      this.focus = 0;
      this.saving.clear();
      this.showPanel();
      this.photoOf = undefined;
      if (this.entry.isOpen) this.entry.close();
    }
    this.product = product;
    this.focus = Math.max(0, Math.min(this.focus, product.tags.length - 1));
    if (isNew && this.history[this.at] !== product.position) {
      this.history.splice(this.at + 1, Infinity, product.position);
      this.at = this.history.length - 1;
    }
  }

  /** Take a product as Python answered it, unless another one is shown by now. */
  take(answer, position) {
    if (answer && this.product?.position === position) this.show(answer.product);
    if (answer?.left !== undefined) this.left = answer.left;
    this.render();
  }

  async revisit(at) {
    const answer = await this.attempt("show", { position: this.history[at] });
    if (!answer) return;
    this.at = at;
    this.say("");
    this.show(answer.product);
    this.render();
  }

  back() {
    if (!this.product && this.at >= 0) return this.revisit(this.at);
    return this.at > 0 ? this.revisit(this.at - 1) : this.say("This is the first product that was shown here.");
  }

  /** Show what others, or another tab, decided about the product meanwhile. */
  async refresh() {
    const { position } = this.product;
    this.take(await this.attempt("show", { position }), position);
  }

  /** Let Python prepare the suggestions of the next products while this one is read. */
  async lookAhead() {
    const { position } = this.product;
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (this.product?.position !== position || this.lost) return;
    const answer = await this.attempt("ahead", { position });
    if (answer) this.left = answer.left;
    this.showHead();
  }

  receive(message, buffers) {
    if (message.changed === undefined) return this.python.receive(message, buffers);
    const isHere = this.product && (message.changed === null || message.changed === this.product.position);
    if (isHere && message.by !== this.python.prefix && !this.python.unsaved) this.refresh();
  }

  // ---- explanations and learning

  async explain(tag) {
    if (!this.panel.hidden && this.explained === tag.key) return this.showPanel();
    this.explained = tag.key;
    this.showPanel(`Why ${tag.text}?`, "Explaining …");
    const { position } = this.product;
    const answer = await this.attempt("explain", { position, tag: tag.key });
    if (this.explained !== tag.key || this.product?.position !== position) return;
    if (!answer) return this.showPanel();
    this.showPanel(`Why ${tag.text}?`, answer.html, true);
    this.say(answer.text);
  }

  async learn() {
    this.explained = undefined;
    this.showPanel("Learning", "The tagger learns from the finished products …");
    const answer = await this.attempt("learn", {});
    if (!answer) return this.showPanel();
    if (this.product) await this.refresh();
    this.showPanel("Learning", answer.html, true);
    this.say(answer.text);
  }

  /** Show a panel below the tags; without a title, hide it. */
  showPanel(title, content, isCard = false) {
    this.panel.hidden = title === undefined;
    if (this.panel.hidden) this.explained = undefined;
    if (this.panel.hidden) return this.panel.replaceChildren();
    const body = make("div", {}, isCard ? "" : content);
    if (isCard) body.innerHTML = content; // a card of tagkit, which escapes all texts in it
    this.panel.setAttribute("aria-label", title);
    this.panel.replaceChildren(
      make("button", { type: "button", class: "tr-close", "aria-label": "Close", onclick: () => { this.showPanel(); this.tags.focus(); } }, "×"),
      body,
    );
    this.panel.scrollIntoView({ block: "nearest" });
  }

  // ---- what is shown

  statusOf(tag) {
    return this.saving.get(tag.key)?.status ?? tag.status;
  }

  render() {
    this.showHead();
    this.showTags();
    this.showText();
    this.showPhoto();
    const state = this.product?.state;
    this.buttons.flag.setAttribute("aria-pressed", String(state === "flag"));
    this.showSaved();
  }

  showHead() {
    const { product } = this;
    this.where.textContent = product ? `Product ${number(product.position + 1)} of ${number(this.total)}` : "No product is left";
    const left = this.left === undefined ? "" : `${number(this.left)} left`;
    this.facts.textContent = [product && STATES[product.state], left, product?.id, product?.category].filter(Boolean).join(" · ");
  }

  showSaved() {
    const { unsaved } = this.python;
    const decisions = `${unsaved} ${unsaved === 1 ? "decision is" : "decisions are"} not saved`;
    this.saved.textContent = !unsaved ? "✓ saved" : this.lost || this.python.isLate ? "✗ not saved" : "… saving";
    this.root.classList.toggle("tr-lost", this.lost);
    if (this.lost) {
      const which = unsaved ? `; ${decisions}` : "; everything shown as saved is in the file";
      this.late = true;
      this.alert.textContent = `The kernel has stopped or was restarted${which}. Run the cell again to go on.`;
    } else if (this.python.isLate) {
      this.late = true;
      const which = unsaved ? `: ${decisions} yet` : "";
      this.alert.textContent = `Python does not answer; it may be busy with another cell, or has stopped${which}.`;
    } else if (this.late) {
      this.late = false;
      this.alert.textContent = "";
    }
  }

  showTags() {
    const tags = this.product?.tags ?? [];
    const nodes = tags.map((tag, at) => {
      const status = this.statusOf(tag);
      const isSaving = this.saving.has(tag.key);
      const more = [tag.type, status === "edited" && `→ ${tag.to}`, tag.source === "gold" && "came with it"].filter(Boolean).join(" ");
      const score = tag.score === null ? "" : tag.score.toFixed(2);
      const spoken = [tag.text, more, score && `score ${score}`, SPOKEN[status], isSaving && "being saved"].filter(Boolean).join(", ");
      return make(
        "li",
        {
          id: `${this.name}-tag-${at}`, role: "option", "aria-label": spoken, "data-status": status, "data-tag": tag.text,
          "aria-selected": String(at === this.focus), class: isSaving && "tr-saving", style: `--score: ${tag.score ?? 0}`,
          onpointerdown: (event) => { event.preventDefault(); this.tags.focus(); this.choose(at); },
          ondblclick: () => this.run("accept"),
        },
        make("span", { class: "tr-mark" }, isSaving ? "…" : MARKS[status]), make("span", { class: "tr-name" }, tag.text),
        more ? make("small", {}, more) : "", make("span", { class: "tr-score" }, score),
      );
    });
    if (!nodes.length && this.product) nodes.push(make("li", { class: "tr-none", role: "option", "aria-selected": "false" }, "No tags are suggested: add some with t, or finish with ↵."));
    this.tags.replaceChildren(...nodes);
    if (tags.length) this.tags.setAttribute("aria-activedescendant", `${this.name}-tag-${this.focus}`);
    else this.tags.removeAttribute("aria-activedescendant");
    const chosen = nodes[this.focus];
    if (chosen && this.tags.scrollHeight > this.tags.clientHeight) chosen.scrollIntoView({ block: "nearest" });
  }

  /** Show the text with the evidence underlined; positions count characters, not the halves of UTF-16. */
  showText() {
    const { product } = this;
    if (!product) return this.text.replaceChildren(make("p", {}, "All products are finished, skipped, flagged or with other reviewers."));
    const characters = Array.from(product.text);
    const marks = new Uint8Array(characters.length);
    product.tags.forEach((tag, at) => {
      const mark = at === this.focus ? 2 : this.statusOf(tag) === "rejected" ? 0 : 1;
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
    this.text.replaceChildren(...parts);
  }

  /** Show the first photo: one on this machine at once, one elsewhere only after a click. */
  async showPhoto() {
    const { product } = this;
    if (this.photoOf === product?.position) return;
    this.photoOf = product?.position;
    this.photo.replaceChildren();
    URL.revokeObjectURL(this.photoAddress);
    const photo = product?.photo;
    if (!photo) return;
    const image = (src) => this.photo.replaceChildren(make("img", {
      src, alt: `Photo of ${product.title}`, referrerpolicy: "no-referrer",
      onerror: () => this.photo.replaceChildren("The photo cannot be shown."),
    }));
    if (photo.address) {
      if (this.allowed.has(photo.host)) return image(photo.address);
      const allow = () => { this.allowed.add(photo.host); image(photo.address); this.tags.focus(); };
      return this.photo.append(make("button", { type: "button", onclick: allow }, `Load photos from ${photo.host}`));
    }
    const answer = await this.attempt("photo", { position: product.position });
    if (!answer || this.product?.position !== product.position) return;
    this.photoAddress = URL.createObjectURL(new Blob([answer.buffers[0]], { type: answer.type }));
    image(this.photoAddress);
  }

  say(text) {
    this.status.textContent = text;
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.dispose();
  },
};
