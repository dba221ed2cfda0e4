/** After so many have been taken, their places are given back. */
const spent = 1_024;

/** Who comes first is served first. Places in one array, so that what has been taken keeps nothing alive. */
export class Fifo<T> {
  readonly #items: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  add(item: T): void {
    this.#items.push(item);
  }

  /** The first one; `undefined` if there is none. */
  take(): T | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#items[this.#first] = undefined;
    this.#first += 1;
    if (this.#first === this.#items.length) this.#items.length = this.#first = 0;
    else if (this.#first >= spent && this.#first * 2 >= this.#items.length) {
      this.#items.splice(0, this.#first);
      this.#first = 0;
    }
    return item;
  }
}
