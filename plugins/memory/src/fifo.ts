/** First in, first out, at a constant cost; what is put back comes out next. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  readonly #back: T[] = [];

  get size(): number {
    return this.#items.length - this.#head + this.#back.length;
  }

  add(item: T): void {
    this.#items.push(item);
  }

  putBack(item: T): void {
    this.#back.push(item);
  }

  take(): T | undefined {
    if (this.#back.length > 0) return this.#back.shift();
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
