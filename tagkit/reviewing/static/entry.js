// The field in which a tag is written.

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
