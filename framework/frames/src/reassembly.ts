/** Bytes of unfinished messages on one connection, above which credit is held back. */
const bound = 16 * 1_048_576;

/** Somebody who puts a message together. */
export interface Assembler {
  /** It waits for its own reader, so that credit would not help it. */
  readonly stuck: boolean;
  /** Gives the credit back that was held back, as far as it may. */
  release(): void;
}

/**
 * What the unfinished messages of one connection take together. Above the bound only the oldest of
 * them gets credit: one must always be able to finish, or all would wait for ever.
 */
export class Reassembly {
  #bytes = 0;
  readonly #assemblers = new Set<Assembler>();

  /** Whether the parts that came may be given back as credit, for more to come. */
  allows(assembler: Assembler): boolean {
    if (this.#bytes <= bound) return true;
    for (const oldest of this.#assemblers) if (!oldest.stuck) return oldest === assembler;
    return true;
  }

  add(assembler: Assembler, bytes: number): void {
    this.#assemblers.add(assembler);
    this.#bytes += bytes;
  }

  /** Its message is whole, or given up. */
  remove(assembler: Assembler, bytes: number): void {
    if (!this.#assemblers.delete(assembler)) return;
    const held = this.#bytes > bound;
    this.#bytes -= bytes;
    if (!held) return;
    for (const waiting of this.#assemblers) {
      if (this.allows(waiting)) waiting.release();
    }
  }
}

/** Parts of one message. Each is copied, so that it does not keep the whole chunk it came in. */
export class Parts {
  bytes = 0;
  readonly #parts: Buffer[] = [];

  add(bytes: Buffer, from: number, to: number): void {
    this.#parts.push(Buffer.from(bytes.subarray(from, to)));
    this.bytes += to - from;
  }

  /** The message. */
  join(): Buffer {
    const [only] = this.#parts;
    return this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
  }
}
