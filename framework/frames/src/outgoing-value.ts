import { flag, frameType, headerBytes, maxPayload } from './frame.ts';
import { addCredit } from './outgoing.ts';
import type { Outgoing, OutgoingOwner } from './outgoing.ts';
import type { Sender } from './turns.ts';
import type { Writer } from './writer.ts';

/** What of a value did not fit into the first frame. A frame each time that its turn comes. */
export class OutgoingValue implements Outgoing, Sender {
  readonly #owner: OutgoingOwner;
  readonly #writer: Writer;
  readonly #stream: number;
  readonly #body: Uint8Array;
  #at: number;
  #credit: number;

  /**
   * @param at what was sent of the body already.
   * @param credit what its stream has left after that.
   */
  constructor(
    owner: OutgoingOwner,
    writer: Writer,
    stream: number,
    body: Uint8Array,
    at: number,
    credit: number,
  ) {
    this.#owner = owner;
    this.#writer = writer;
    this.#stream = stream;
    this.#body = body;
    this.#at = at;
    this.#credit = credit;
    if (credit > 0) writer.turns.wait(this);
  }

  turn(): void {
    const from = this.#at;
    const to = Math.min(this.#body.length, from + maxPayload);
    const last = to === this.#body.length;
    const flags = last ? flag.end : flag.more;
    const cost = headerBytes + to - from;
    this.#at = to;
    this.#credit -= cost;
    this.#writer.frame(frameType.data, flags, this.#stream, this.#body, from, to);
    this.#writer.turns.spend(cost);
    if (last) this.#owner.sent();
    else if (this.#credit > 0) this.#writer.turns.wait(this);
  }

  grant(bytes: number): void {
    this.#credit = addCredit(this.#credit, bytes);
    if (this.#credit > 0 && this.#at < this.#body.length) this.#writer.turns.wait(this);
  }

  stop(): void {
    this.#writer.turns.forget(this);
  }
}
