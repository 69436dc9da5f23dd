// The first photo of a product: one on this machine is shown at once, one elsewhere only after a click.

class Photo {
  /** `read(position)` asks Python for a photo on this machine; `onAllowed` is called after the click. */
  constructor(read, onAllowed) {
    Object.assign(this, { read, onAllowed, product: undefined, allowed: new Set(), address: undefined });
    this.node = make("div", { class: "tr-photo" });
  }

  clear() {
    this.product = undefined;
    this.node.replaceChildren();
    URL.revokeObjectURL(this.address);
  }

  async show(product) {
    if (this.product !== undefined && this.product?.position === product?.position) return;
    this.clear();
    this.product = product;
    const photo = product?.photo;
    if (!photo) return;
    if (!photo.address) {
      const answer = await this.read(product.position);
      if (!answer || this.product !== product) return;
      this.address = URL.createObjectURL(new Blob([answer.buffers[0]], { type: answer.type }));
      return this.draw(this.address);
    }
    if (this.allowed.has(photo.host)) return this.draw(photo.address);
    const allow = () => {
      this.allowed.add(photo.host);
      this.draw(photo.address);
      this.onAllowed();
    };
    this.node.append(make("button", { type: "button", onclick: allow }, `Load photos from ${photo.host}`));
  }

  draw(src) {
    const onerror = () => this.node.replaceChildren("The photo cannot be shown.");
    const alt = `Photo of ${this.product.title}`;
    this.node.replaceChildren(make("img", { src, alt, referrerpolicy: "no-referrer", onerror }));
  }
}
