const empty = new Uint8Array(0);
const spare = 4_096;

/** Messages of a stream that nobody has read yet, each with what it costs as credit. */
export class Queue {
  readonly #bodies: Uint8Array[] = [];
  readonly #costs: number[] = [];
  #head = 0;
  #tail = 0;

  get size(): number {
    return this.#tail - this.#head;
  }

  /** Cost of the message that comes next. */
  get cost(): number {
    return this.#costs[this.#head]!;
  }

  add(body: Uint8Array, cost: number): void {
    this.#bodies[this.#tail] = body;
    this.#costs[this.#tail++] = cost;
  }

  /** Adds a copy: a view would keep the whole chunk that it came in. */
  copy(bytes: Buffer, from: number, to: number, cost: number): void {
    if (from === to) {
      this.add(empty, cost);
      return;
    }
    const body = Buffer.allocUnsafe(to - from);
    body.set(bytes.subarray(from, to));
    this.add(body, cost);
  }

  take(): Uint8Array {
    const body = this.#bodies[this.#head]!;
    this.#bodies[this.#head++] = empty;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    else if (this.#head === spare) this.#shift();
    return body;
  }

  clear(): void {
    this.#bodies.length = this.#costs.length = this.#head = this.#tail = 0;
  }

  /** A queue that is never empty must not grow for ever. */
  #shift(): void {
    this.#bodies.splice(0, this.#head);
    this.#costs.splice(0, this.#head);
    this.#tail -= this.#head;
    this.#head = 0;
  }
}
