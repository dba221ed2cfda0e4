import { flag, headerBytes } from './frame.ts';
import type { Slab } from './frame.ts';
import { Allowance, checkPart } from './incoming.ts';
import type { Incoming, IncomingOwner } from './incoming.ts';
import type { Link } from './link.ts';
import { ProtocolError } from './protocol-error.ts';
import { Parts } from './reassembly.ts';
import type { Assembler } from './reassembly.ts';

/** A value that is too large for one frame. */
export class IncomingValue implements Incoming, Assembler {
  readonly stuck = false;
  readonly #owner: IncomingOwner;
  readonly #link: Link;
  readonly #allowance: Allowance;
  readonly #parts = new Parts();
  #heldBack = 0;
  #closed = false;

  constructor(owner: IncomingOwner, link: Link) {
    this.#owner = owner;
    this.#link = link;
    this.#allowance = new Allowance(owner, link.window);
  }

  /** The first part, behind the metadata of a frame whose payload has `size` bytes. */
  open(bytes: Slab, from: number, to: number, size: number): void {
    this.#add(bytes, from, to, headerBytes + size);
  }

  receive(flags: number, bytes: Slab, from: number, to: number): void {
    if ((flags & (flag.noMessage | flag.metadata)) !== 0) {
      throw new ProtocolError('a value goes on as something else');
    }
    checkPart(flags, to - from);
    if ((flags & flag.more) !== 0) {
      this.#add(bytes, from, to, headerBytes + to - from);
      return;
    }
    if ((flags & flag.end) === 0) throw new ProtocolError('a value without END');
    this.#add(bytes, from, to, headerBytes + to - from);
    if (this.#closed) return;
    this.close();
    this.#owner.received(this.#parts.join());
  }

  release(): void {
    if (this.#heldBack === 0 || !this.#link.reassembly.allows(this)) return;
    const bytes = this.#heldBack;
    this.#heldBack = 0;
    this.#allowance.giveBack(bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.reassembly.remove(this, this.#parts.bytes);
  }

  #add(bytes: Slab, from: number, to: number, cost: number): void {
    this.#allowance.take(cost);
    this.#parts.add(bytes, from, to);
    this.#link.reassembly.add(this, to - from);
    if (this.#parts.bytes > this.#link.limits.messageBytes) {
      this.close();
      this.#owner.overflow(this.#parts.bytes);
      return;
    }
    this.#heldBack += cost;
    this.release();
  }
}
