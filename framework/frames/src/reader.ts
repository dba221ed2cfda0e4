import { headerBytes, maxPayload, readU32 } from './frame.ts';
import type { Slab } from './frame.ts';
import { ProtocolError } from './protocol-error.ts';

/** Takes frames. The payload lies in `bytes` from `from` to `to`, and stays as it is. */
export interface FrameSink {
  frame(type: number, flags: number, stream: number, bytes: Slab, from: number, to: number): void;
}

/** Cuts the chunks of a socket into frames. Only a frame that two chunks share is copied. */
export class Reader {
  readonly #sink: FrameSink;
  /** Beginning of a frame, in a buffer that is just large enough for what is known of it. */
  #begun: Slab | undefined = undefined;
  #filled = 0;
  #stopped = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws ProtocolError if the bytes are no frames. */
  read(chunk: Slab): void {
    let at = this.#begun === undefined ? 0 : this.#complete(this.#begun, chunk);
    while (chunk.length - at >= headerBytes && !this.#stopped) {
      const to = at + headerBytes + lengthAt(chunk, at);
      if (to > chunk.length) break;
      this.#hand(chunk, at, to);
      at = to;
    }
    if (at < chunk.length && !this.#stopped) this.#keep(chunk, at);
  }

  /** Hands out nothing more, not even the rest of the chunk that is being read. */
  stop(): void {
    this.#stopped = true;
    this.#begun = undefined;
  }

  #hand(bytes: Slab, at: number, to: number): void {
    const stream = readU32(bytes, at + 5);
    this.#sink.frame(bytes[at + 3]!, bytes[at + 4]!, stream, bytes, at + headerBytes, to);
  }

  /** Goes on with a frame of an earlier chunk; returns where the next one begins. */
  #complete(begun: Slab, chunk: Slab): number {
    let at = 0;
    for (;;) {
      const taken = Math.min(begun.length - this.#filled, chunk.length - at);
      begun.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < begun.length) return at;
      const size = headerBytes + lengthAt(begun, 0);
      if (size === begun.length) break;
      const header = begun;
      this.#begun = begun = Buffer.allocUnsafe(size) as Slab;
      begun.set(header);
    }
    this.#begun = undefined;
    this.#filled = 0;
    if (!this.#stopped) this.#hand(begun, 0, begun.length);
    return at;
  }

  #keep(chunk: Slab, at: number): void {
    const rest = chunk.length - at;
    const size = rest < headerBytes ? headerBytes : headerBytes + lengthAt(chunk, at);
    this.#begun = Buffer.allocUnsafe(size) as Slab;
    this.#begun.set(chunk.subarray(at));
    this.#filled = rest;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  if (length > maxPayload) throw new ProtocolError(`a frame of ${length} bytes`);
  return length;
}
