const firstSize = 256;
const largestSize = 4_096;

/**
 * Calls by the number of their stream. Numbers rise and most calls are short, so the low bits of the
 * number are the place; a call whose place is still taken by a long one goes into a map.
 *
 * A map alone would do the same, and cost more than the rest of a call: it moves to a new table every
 * so often, each old table refers to the next, and once one of them has grown old, all calls that
 * the later ones held survive until a full collection.
 */
export class ByStream<T> {
  #values: (T | undefined)[] = new Array<T | undefined>(firstSize).fill(undefined);
  #streams = new Uint32Array(firstSize);
  readonly #others = new Map<number, T>();
  size = 0;

  get(stream: number): T | undefined {
    const place = stream & (this.#streams.length - 1);
    if (this.#streams[place] === stream) return this.#values[place];
    return this.#others.size === 0 ? undefined : this.#others.get(stream);
  }

  /** @param stream above 0, and not in it */
  set(stream: number, value: T): void {
    const { length } = this.#streams;
    if (this.size >= length >> 1 && length < largestSize) this.#grow();
    this.#place(stream, value);
    this.size++;
  }

  delete(stream: number): void {
    const place = stream & (this.#streams.length - 1);
    if (this.#streams[place] === stream) {
      this.#streams[place] = 0;
      this.#values[place] = undefined;
    } else if (!this.#others.delete(stream)) return;
    this.size--;
  }

  /** All of them, in a list of its own: they may be deleted meanwhile. */
  values(): T[] {
    const here = this.#values.filter((value) => value !== undefined);
    return this.#others.size === 0 ? here : [...here, ...this.#others.values()];
  }

  #place(stream: number, value: T): void {
    const place = stream & (this.#streams.length - 1);
    if (this.#streams[place] !== 0) {
      this.#others.set(stream, value);
      return;
    }
    this.#streams[place] = stream;
    this.#values[place] = value;
  }

  #grow(): void {
    const [streams, values] = [this.#streams, this.#values];
    this.#streams = new Uint32Array(streams.length * 2);
    this.#values = new Array<T | undefined>(streams.length * 2).fill(undefined);
    values.forEach((value, place) => {
      if (value !== undefined) this.#place(streams[place] as number, value);
    });
  }
}
