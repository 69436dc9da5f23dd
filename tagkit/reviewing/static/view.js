// The widget of tagkit.review: one product at a time, its text, the suggested tags, and a key for every decision.
//
// Python keeps everything. Until it has answered that a decision is on the disk, the tag is shown as being saved. All
// texts are set as text, never as HTML, except for the cards of explanations and of learning, which tagkit makes and
// escapes.

let views = 0;

/** One view of the widget: what the keys do, and the product that is shown. */
class View extends Screen {
  constructor(model, el) {
    super();
    this.name = `tagkit-review-${++views}`;
    this.python = new Python(model, () => this.showSaved());
    this.product = undefined;
    this.focus = 0; // the chosen tag
    this.saving = new Map(); // decisions on their way, by tag: what the tag will be
    this.history = []; // positions that were shown
    this.at = -1;
    this.moving = Promise.resolve();
    this.lost = false;
    this.build();
    el.append(this.root);
    const onMessage = (message, buffers) => this.receive(message, buffers);
    const onLost = () => { this.lost = true; this.showSaved(); };
    const onVisible = () => document.visibilityState === "visible" && !this.lost && this.product && this.refresh();
    model.on("msg:custom", onMessage);
    model.on("comm_live_update", onLost);
    document.addEventListener("visibilitychange", onVisible);
    // Notebook 7 sees keys before an element does, and would insert a cell for an "a".
    const onKey = (event) => this.root.contains(event.target) && this.key(event);
    window.addEventListener("keydown", onKey, true);
    this.dispose = () => {
      model.off("msg:custom", onMessage);
      model.off("comm_live_update", onLost);
      document.removeEventListener("visibilitychange", onVisible);
      window.removeEventListener("keydown", onKey, true);
      this.photo.clear();
    };
    this.move("open");
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
    if (answer && this.product?.position === position) this.say(`${tag.text} ${SPOKEN[name === "accept" ? "accepted" : "rejected"]}, saved.`);
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
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.dispose();
  },
};
