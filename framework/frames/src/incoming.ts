import type { MicroError } from '@micro-ts/interface';
import type { Slab } from './frame.ts';
import { flag, minPart } from './frame.ts';
import { ProtocolError } from './protocol-error.ts';

/** What is still to come of a request or an answer: the rest of a value, or a stream. */
export interface Incoming {
  /** @throws ProtocolError if the frame cannot stand here. */
  receive(flags: number, bytes: Slab, from: number, to: number): void;
  /**
   * The call is over.
   * @param drop what has arrived is not to be read any more.
   */
  close(reason: MicroError, drop: boolean): void;
}

/** The call that something comes in for. */
export interface IncomingOwner {
  /** Lets the peer send more. */
  giveCredit(bytes: number): void;
  /** A message exceeds what is allowed; the call is to be given up. */
  overflow(bytes: number): void;
  /** A value is whole. */
  received(body: Uint8Array): void;
  /** Nobody reads the stream any more. */
  abandoned(): void;
}

/** What the peer may still send on one stream. */
export class Allowance {
  readonly #owner: IncomingOwner;
  readonly #half: number;
  #left: number;
  #owed = 0;

  constructor(owner: IncomingOwner, window: number) {
    this.#owner = owner;
    this.#half = window / 2;
    this.#left = window;
  }

  /** Counts a frame. A peer with any credit may send one, and fall below zero by it. */
  take(cost: number): void {
    if (this.#left <= 0) throw new ProtocolError('a frame without credit');
    this.#left -= cost;
  }

  /** Gives credit for what was consumed, half a window at a time. */
  giveBack(cost: number): void {
    this.#owed += cost;
    if (this.#owed < this.#half) return;
    const owed = this.#owed;
    this.#owed = 0;
    this.#left += owed;
    this.#owner.giveCredit(owed);
  }
}

/** Refuses parts that are too small to be honest. */
export function checkPart(flags: number, size: number): void {
  if ((flags & flag.more) !== 0 && size < minPart) {
    throw new ProtocolError(`a part of ${size} bytes, with more to come`);
  }
}
