// Messages to Python: each has an id, and is answered with the same id after the decision is on the disk.

const PATIENCE = 3000; // milliseconds without an answer until the widget says so

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
