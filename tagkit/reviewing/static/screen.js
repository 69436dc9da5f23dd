// What a view shows: its elements, and what is written into them.

class Screen {
  build() {
    this.where = make("strong");
    this.facts = make("span", { class: "tr-facts" });
    this.saved = make("span", { class: "tr-saved" });
    this.photo = new Photo((position) => this.attempt("photo", { position }), () => this.tags.focus());
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
        onkeyup: (event) => event.stopPropagation(), onkeypress: (event) => event.stopPropagation(),
      },
      make("header", {}, this.where, this.facts, this.saved),
      make("div", { class: "tr-main" }, make("div", { class: "tr-product" }, this.photo.node, this.text),
        make("div", { class: "tr-side" }, this.tags, this.entry.node)),
      make("div", { class: "tr-tools", role: "toolbar", "aria-label": "Actions" }, ...Object.values(this.buttons)),
      make("p", { class: "tr-hint" }, "↑ ↓ choose a tag · Esc leaves the widget"),
      this.alert, this.status, this.panel,
    );
  }

  statusOf(tag) {
    return this.saving.get(tag.key)?.status ?? tag.status;
  }

  render() {
    this.showHead();
    this.showTags();
    this.showText();
    this.photo.show(this.product);
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
    const nodes = tags.map((tag, at) => tagLine(tag, {
      status: this.statusOf(tag), isSaving: this.saving.has(tag.key), id: `${this.name}-tag-${at}`,
      "aria-selected": String(at === this.focus),
      onpointerdown: (event) => { event.preventDefault(); this.tags.focus(); this.choose(at); },
      ondblclick: () => this.run("accept"),
    }));
    if (!nodes.length && this.product) nodes.push(make("li", { class: "tr-none", role: "option", "aria-selected": "false" }, "No tags are suggested: add some with t, or finish with ↵."));
    this.tags.replaceChildren(...nodes);
    if (tags.length) this.tags.setAttribute("aria-activedescendant", `${this.name}-tag-${this.focus}`);
    else this.tags.removeAttribute("aria-activedescendant");
    const chosen = nodes[this.focus];
    if (chosen && this.tags.scrollHeight > this.tags.clientHeight) chosen.scrollIntoView({ block: "nearest" });
  }

  showText() {
    const { product } = this;
    const none = "All products are finished, skipped, flagged or with other reviewers.";
    const parts = product ? textNodes(product, this.focus, (tag) => this.statusOf(tag)) : [make("p", {}, none)];
    this.text.replaceChildren(...parts);
  }

  say(text) {
    this.status.textContent = text;
  }

  fail(error) {
    this.alert.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`.replace(/\.\.$/, ".");
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
}
