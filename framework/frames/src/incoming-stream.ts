import { type MicroError } from '@micro-ts/interface';
import { flag, headerBytes } from './frame.ts';
import type { Slab } from './frame.ts';
import { Allowance, checkPart } from './incoming.ts';
import type { Incoming, IncomingOwner } from './incoming.ts';
import type { Link } from './link.ts';
import { ProtocolError } from './protocol-error.ts';
import { Queue } from './queue.ts';
import { Parts } from './reassembly.ts';
import type { Assembler } from './reassembly.ts';

type Result = IteratorResult<Uint8Array, undefined>;

interface Waiter {
  readonly promise: Promise<Result>;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: MicroError) => void;
}

const unusual = flag.end | flag.noMessage | flag.metadata | flag.more;
const done: Result = { done: true, value: undefined };

/**
 * A stream of messages as its reader sees it. Written by hand: an async generator costs three turns of
 * the microtask queue a message. Credit is given for what was read, so a reader that stands still
 * stops the sender.
 */
export class IncomingStream implements Incoming, Assembler, AsyncIterableIterator<Uint8Array> {
  readonly #owner: IncomingOwner;
  readonly #link: Link;
  readonly #allowance: Allowance;
  readonly #queue = new Queue();
  #waiter: Waiter | undefined = undefined;
  #parts: Parts | undefined = undefined;
  #heldBack = 0;
  /** All has come. */
  #ended = false;
  /** Nobody reads any more, or the error was told. */
  #closed = false;
  #reason: MicroError | undefined = undefined;

  constructor(owner: IncomingOwner, link: Link) {
    this.#owner = owner;
    this.#link = link;
    this.#allowance = new Allowance(owner, link.window);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#queue.size > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#reason !== undefined && !this.#closed) {
      this.#closed = true;
      return Promise.reject(this.#reason);
    }
    if (this.#ended || this.#closed) return Promise.resolve(done);
    if (this.#waiter !== undefined) {
      const again = (): Promise<Result> => this.next();
      return this.#waiter.promise.then(again, again);
    }
    return this.#wait();
  }

  return(): Promise<Result> {
    const open = !this.#ended && !this.#closed && this.#reason === undefined;
    this.#closed = true;
    this.#forget();
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve(done);
    if (open) this.#owner.abandoned();
    return Promise.resolve(done);
  }

  receive(flags: number, bytes: Slab, from: number, to: number): void {
    if (this.#ended) throw new ProtocolError('a message behind the end of its stream');
    if ((flags & flag.noMessage) !== 0) {
      if ((flags & flag.end) === 0 || from < to || this.#parts !== undefined) {
        throw new ProtocolError('a stream that was opened already');
      }
      this.end();
      return;
    }
    const size = to - from;
    const cost = headerBytes + size;
    this.#allowance.take(cost);
    if (size > this.#link.limits.messageBytes) this.#owner.overflow(size);
    else if ((flags & unusual) !== 0 || this.#parts !== undefined) {
      this.#receivePart(flags, bytes, from, to);
    } else if (this.#closed) {
      // Its reader broke off; the sender gets no more credit.
    } else if (this.#waiter !== undefined) {
      this.#hand(bytes.subarray(from, to), cost);
    } else {
      this.#queue.copy(bytes, from, to, cost);
    }
  }

  /** All has come. */
  end(): void {
    this.#ended = true;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve(done);
  }

  /** Breaks it off. What was received is still read, unless the call ended by itself. */
  close(reason: MicroError, drop: boolean): void {
    if (this.#ended || this.#reason !== undefined) return;
    this.#reason = reason;
    if (drop) this.#forget();
    else this.#giveUpParts();
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    this.#closed = true;
    waiter.reject(reason);
  }

  get stuck(): boolean {
    return this.#queue.size > 0;
  }

  release(): void {
    if (this.#heldBack === 0 || this.stuck || this.#closed) return;
    if (!this.#link.reassembly.allows(this)) return;
    const bytes = this.#heldBack;
    this.#heldBack = 0;
    this.#allowance.giveBack(bytes);
  }

  #wait(): Promise<Result> {
    let resolve!: Waiter['resolve'];
    let reject!: Waiter['reject'];
    const promise = new Promise<Result>((fulfil, refuse) => {
      resolve = fulfil;
      reject = refuse;
    });
    this.#waiter = { promise, resolve, reject };
    return promise;
  }

  #take(): Uint8Array {
    const cost = this.#queue.cost;
    const body = this.#queue.take();
    this.#consumed(cost);
    return body;
  }

  #hand(body: Uint8Array, cost: number): void {
    const waiter = this.#waiter!;
    this.#waiter = undefined;
    waiter.resolve({ done: false, value: body });
    this.#consumed(cost);
  }

  #consumed(cost: number): void {
    if (this.#ended || this.#reason !== undefined) return;
    this.#allowance.giveBack(cost);
    if (this.#heldBack > 0) this.release();
  }

  #receivePart(flags: number, bytes: Slab, from: number, to: number): void {
    if ((flags & (flag.end | flag.metadata)) !== 0) {
      throw new ProtocolError('a message of a stream with END or metadata');
    }
    checkPart(flags, to - from);
    if (this.#closed) return;
    const parts = (this.#parts ??= new Parts());
    parts.add(bytes, from, to);
    this.#link.reassembly.add(this, to - from);
    const cost = headerBytes + to - from;
    if (parts.bytes > this.#link.limits.messageBytes) {
      this.#owner.overflow(parts.bytes);
    } else if ((flags & flag.more) !== 0) {
      this.#heldBack += cost;
      this.release();
    } else {
      const all = this.#heldBack + cost;
      this.#giveUpParts();
      const body = parts.join();
      if (this.#waiter === undefined) this.#queue.add(body, all);
      else this.#hand(body, all);
    }
  }

  #giveUpParts(): void {
    if (this.#parts === undefined) return;
    this.#link.reassembly.remove(this, this.#parts.bytes);
    this.#parts = undefined;
    this.#heldBack = 0;
  }

  #forget(): void {
    this.#queue.clear();
    this.#giveUpParts();
  }
}
