import { Duplex } from 'node:stream';
import type { Post } from './bus.ts';
import {
  begin,
  broken,
  encodeGone,
  headBytes,
  kind,
  reasonIn,
  windowBytes,
} from './tunnel-message.ts';

/** Most bytes in one message: more would keep others waiting. */
const chunkBytes = 131_072;

/** Beats without a message, after which it is asked whether the other end is there. */
const quietBeats = 2;

/** What a tunnel stands on. */
export interface Ends {
  readonly post: Post;
  readonly id: string;
  /** Something is awaited from now on. */
  readonly wake: () => void;
  /**
   * Resolves when all was read that waited while this process stood still: what comes until then may
   * be given up by what comes behind it. `undefined` if it did not stand still.
   */
  readonly reading: () => Promise<void> | undefined;
  readonly ended: (tunnel: Tunnel) => void;
}

/**
 * A stream of bytes whose pieces travel as messages of a bus. Messages are numbered: one that is
 * missing, or comes twice, ends the tunnel. What the other end has not read yet is bounded.
 */
export class Tunnel extends Duplex {
  readonly id: string;
  readonly #ends: Ends;
  /** Where the other end is; empty until that is known. */
  #to = '';
  #window = 0;
  #next = 1;
  #expected = 1;
  #unread = 0;
  #taken = 0;
  #output: { readonly chunk: Buffer; readonly done: () => void } | undefined = undefined;
  #at = 0;
  #waits = false;
  #held: Buffer[] | undefined = undefined;
  #awaiting = false;
  #quiet = 0;
  #endSent = false;
  #endRead = false;
  #silent = false;

  constructor(ends: Ends) {
    super({ allowHalfOpen: false, readableHighWaterMark: 65_536, writableHighWaterMark: 65_536 });
    this.id = ends.id;
    this.#ends = ends;
  }

  /** The other end is known. */
  get open(): boolean {
    return this.#to !== '';
  }

  /** Where the other end is. */
  get to(): string {
    return this.#to;
  }

  /** The other end is found; what was written goes out. */
  meet(to: string, window: number): void {
    this.#to = to;
    this.#window = window;
    this.#send();
  }

  /** A message of the other end. */
  receive(bytes: Buffer): void {
    if (this.destroyed) return;
    this.#awaiting = false;
    this.#quiet = 0;
    const type = bytes[0];
    if (type === kind.gone) return this.lose(`the other end is gone: ${reasonIn(bytes)}`);
    if (bytes.length < headBytes) return this.fail('a message without a number');
    if (bytes.readUInt32BE(1) !== this.#expected) return this.fail('messages were lost on the bus');
    this.#expected = (this.#expected + 1) >>> 0;
    if (type === kind.data) this.#onData(bytes);
    else if (type === kind.ack) this.#onAck(bytes);
    else if (type === kind.end) this.#onEnd();
    else if (type === kind.probe) this.#tell(kind.alive);
    else if (type !== kind.alive) this.fail('a message of an unknown kind');
  }

  /** Nobody is at the other end. */
  lose(reason: string, cause?: unknown): void {
    this.#silent = true;
    this.destroy(broken(reason, cause));
  }

  /** The other end does what it must not, and hears so. */
  fail(reason: string): void {
    if (this.destroyed) return;
    if (this.open) this.#post(encodeGone(reason));
    this.lose(reason);
  }

  /** Asks for the other end if it owes something and was silent. @returns whether to go on watching */
  beat(): boolean {
    if (!this.#awaiting) return false;
    if (++this.#quiet % quietBeats === 0 && this.open) this.#tell(kind.probe);
    return true;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#output = { chunk, done };
    this.#at = 0;
    this.#send();
  }

  override _final(done: () => void): void {
    this.#endSent = true;
    if (this.open) this.#tell(kind.end);
    done();
  }

  override _read(): void {
    this.#acknowledge();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#output = undefined;
    this.#awaiting = false;
    if (this.open && !this.#silent && !(this.#endSent && this.#endRead)) {
      this.#post(encodeGone('closed'));
    }
    this.#ends.ended(this);
    done(error);
  }

  readonly #send = (): void => {
    const { post, wake } = this.#ends;
    this.#waits = false;
    const output = this.#output;
    if (output === undefined || !this.open || this.destroyed) return;
    const { chunk, done } = output;
    const most = Math.min(chunkBytes, post.maxBytes - headBytes);
    while (this.#at < chunk.length) {
      const size = Math.min(most, chunk.length - this.#at, this.#window - this.#unread);
      if (size <= 0) return; // until the other end has read some
      if (!post.writable) return this.#wait();
      const bytes = begin(kind.data, this.#number(), size);
      chunk.copy(bytes, headBytes, this.#at, this.#at + size);
      this.#at += size;
      this.#unread += size;
      this.#post(bytes);
      if (this.destroyed) return;
      this.#awaiting = true;
      wake();
    }
    this.#output = undefined;
    done();
  };

  #wait(): void {
    if (this.#waits) return;
    this.#waits = true;
    this.#ends.post.whenWritable(this.#send);
  }

  #onData(bytes: Buffer): void {
    const size = bytes.length - headBytes;
    this.#taken += size;
    if (this.#taken > windowBytes) return this.fail('more bytes than there is room for');
    if (this.#endRead) return this.fail('bytes behind the end');
    if (size === 0) return;
    if (this.#held !== undefined) {
      this.#held.push(bytes.subarray(headBytes));
      return;
    }
    const reading = this.#ends.reading();
    if (reading !== undefined) return this.#hold(bytes, reading);
    this.push(bytes.subarray(headBytes));
    this.#acknowledge();
  }

  /** Keeps bytes back, so that they are read together. */
  #hold(bytes: Buffer, reading: Promise<void>): void {
    this.#held = [bytes.subarray(headBytes)];
    void reading.then(() => this.#release());
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined || this.destroyed) return;
    this.push(Buffer.concat(held));
    this.#acknowledge();
  }

  #onAck(bytes: Buffer): void {
    if (bytes.length < headBytes + 4) return this.fail('an ACK without 4 bytes');
    const read = bytes.readUInt32BE(headBytes);
    if (read > this.#unread) return this.fail('an ACK for what was not sent');
    this.#unread -= read;
    if (!this.#waits) this.#send();
  }

  #onEnd(): void {
    if (this.#endRead) return this.fail('it ended twice');
    this.#endRead = true;
    this.#release();
    if (!this.destroyed) this.push(null);
  }

  /** Lets the other end send more when half of the window was read. */
  #acknowledge(): void {
    if (this.#held !== undefined) return;
    const read = this.#taken - this.readableLength;
    if (read < windowBytes / 2 || !this.open || this.destroyed) return;
    this.#taken -= read;
    const bytes = begin(kind.ack, this.#number(), 4);
    bytes.writeUInt32BE(read, headBytes);
    this.#post(bytes);
  }

  #tell(type: number): void {
    this.#post(begin(type, this.#number()));
  }

  #number(): number {
    const number = this.#next;
    this.#next = (number + 1) >>> 0;
    return number;
  }

  #post(bytes: Buffer): void {
    try {
      this.#ends.post.tell(this.#to, this.id, bytes);
    } catch (error) {
      this.lose('the bus does not take it', error);
    }
  }
}
