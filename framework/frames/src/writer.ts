import type { Duplex } from 'node:stream';
import type { Lifetime } from '@micro-ts/interface';
import { headerBytes, noDeadline, writeHeader, writeU32 } from './frame.ts';
import type { Slab } from './frame.ts';
import { Turns } from './turns.ts';

/** What is joined before it is written without waiting for the end of the tick. */
const flushBytes = 65_536;
const smallestSlab = 4_096;
const largestSlab = 131_072;

const nothing = Buffer.alloc(0) as Slab;

/**
 * Joins the frames of one tick into one write: a system call costs more than all the rest of a small
 * call. Frames are written in place into a slab, which is never used again, since a Duplex may keep
 * what it was given.
 */
export class Writer {
  /** Grows each time that bytes go to the socket. Tells whether a frame can have left. */
  flushes = 0;
  /** Some of what was written has left; for those who watch over a socket that stands still. */
  progressed = false;
  /** Where the frame that was begun last goes. */
  slab: Slab = nothing;
  /** Those who wait until the socket takes more, and what streams may write before others run. */
  readonly turns: Turns;
  readonly #socket: Duplex;
  /** Told after each write, and each time that one has left. */
  readonly #watch: () => void;
  #from = 0;
  #at = 0;
  #lastSize = 0;
  #soon = false;
  #closed = false;
  /** Output for which the socket has no room. It gets little at a time, so that progress is seen. */
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #unwritten = 0;
  #whenWritten: (() => void)[] = [];
  readonly #lifetimes: Lifetime[] = [];
  readonly #places: number[] = [];

  constructor(socket: Duplex, watch: () => void) {
    this.#socket = socket;
    this.#watch = watch;
    this.turns = new Turns(() => this.#send());
    socket.on('drain', this.#onDrain);
  }

  /**
   * Writes a header and makes room for its payload; returns where that goes in {@link slab}. It is to
   * be filled before anything else is written, and {@link flush} called afterwards.
   */
  begin(type: number, flags: number, stream: number, length: number): number {
    const size = headerBytes + length;
    if (this.slab.length - this.#at < size) this.#renew(size);
    const at = writeHeader(this.slab, this.#at, type, flags, stream, length);
    this.#at = at + length;
    return at;
  }

  /** Writes a frame with a part of `payload`. */
  frame(
    type: number,
    flags: number,
    stream: number,
    payload: Uint8Array = nothing,
    from = 0,
    to = payload.length,
  ): void {
    const length = to - from;
    const at = this.begin(type, flags, stream, length);
    this.slab.set(length === payload.length ? payload : payload.subarray(from, to), at);
    this.flush();
  }

  /** Keeps four bytes at `at` for the milliseconds left, which are measured when they leave. */
  deadline(at: number, lifetime: Lifetime): void {
    if (lifetime.expires === Infinity) {
      writeU32(this.slab, at, noDeadline);
      return;
    }
    this.#lifetimes.push(lifetime);
    this.#places.push(at);
  }

  /**
   * Sends what was written, together with what else this tick writes.
   * @param alone nothing else is under way, so that there is nothing to wait for.
   */
  flush(alone = false): void {
    if (this.#at - this.#from >= flushBytes) {
      this.#send();
    } else if (alone) {
      if (this.#soon || this.turns.scheduled) return;
      this.#soon = true;
      process.nextTick(this.#sendSoon);
    } else if (!this.#soon) {
      this.turns.schedule();
    }
  }

  /** Sends all now, whether there is room for it or not. */
  flushNow(): void {
    this.#send();
    for (const bytes of this.#queue.splice(0)) this.#write(bytes);
    this.#queued = 0;
  }

  /** Drops what was not sent yet. */
  discard(): void {
    this.#at = this.#from;
    this.#queue.length = this.#queued = 0;
    this.#lifetimes.length = this.#places.length = 0;
  }

  /** Bytes that the socket has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength + this.#queued + this.#at - this.#from;
  }

  /** Calls `done` when all that was written so far has left this process, or never will. */
  whenWritten(done: () => void): void {
    this.#send();
    if (this.#idle || this.#closed) done();
    else this.#whenWritten.push(done);
  }

  /** Lets go of memory that the next call can allocate anew. */
  rest(): void {
    if (this.#at !== this.#from) return;
    this.slab = nothing;
    this.#from = this.#at = 0;
  }

  /** Writes nothing more. */
  close(): void {
    this.#closed = true;
    this.turns.close();
    this.slab = nothing;
    this.#from = this.#at = 0;
    this.#queue.length = this.#queued = 0;
    this.#socket.off('drain', this.#onDrain);
    this.#tellWritten();
  }

  readonly #sendSoon = (): void => {
    this.#soon = false;
    this.#send();
  };

  #send(): void {
    if (this.#at === this.#from || this.#closed) return;
    if (this.#places.length > 0) this.#stampDeadlines();
    const bytes = this.slab.subarray(this.#from, this.#at);
    this.#lastSize = bytes.length;
    this.#from = this.#at;
    this.flushes++;
    if (this.turns.blocked) {
      this.#queue.push(bytes);
      this.#queued += bytes.length;
    } else {
      this.#write(bytes);
    }
    this.#watch();
  }

  #write(bytes: Buffer): void {
    this.#unwritten++;
    // A large write says no even if the system has taken all of it.
    const room = this.#socket.write(bytes, this.#onWritten) || this.#socket.writableLength === 0;
    if (!room) this.turns.block();
  }

  readonly #onDrain = (): void => {
    this.turns.unblock();
    while (this.#queue.length > 0 && !this.turns.blocked) {
      const bytes = this.#queue.shift()!;
      this.#queued -= bytes.length;
      this.#write(bytes);
    }
  };

  readonly #onWritten = (error?: Error | null): void => {
    this.#unwritten--;
    if (error) return;
    this.progressed = true;
    if (this.#idle) this.#tellWritten();
    this.#watch();
  };

  get #idle(): boolean {
    return this.#unwritten === 0 && this.#queue.length === 0;
  }

  #tellWritten(): void {
    if (this.#whenWritten.length === 0) return;
    const waiting = this.#whenWritten;
    this.#whenWritten = [];
    for (const done of waiting) done();
  }

  /** A new slab, for a while at the present rate: an idle connection holds none. */
  #renew(size: number): void {
    this.#send();
    const wanted = Math.max(smallestSlab, this.#lastSize * 16);
    this.slab = Buffer.allocUnsafeSlow(Math.max(size, Math.min(wanted, largestSlab))) as Slab;
    this.#from = this.#at = 0;
  }

  #stampDeadlines(): void {
    const now = performance.now();
    for (let i = 0; i < this.#places.length; i++) {
      const left = Math.floor(this.#lifetimes[i]!.expires - now);
      writeU32(this.slab, this.#places[i]!, Math.max(0, Math.min(left, noDeadline - 1)));
    }
    this.#lifetimes.length = 0;
    this.#places.length = 0;
  }
}
