import type { MicroError } from '@micro-ts/interface';
import { maxCredit } from './frame.ts';
import { ProtocolError } from './protocol-error.ts';

/** What is still to be sent of a request or an answer: the rest of a value, or a stream. */
export interface Outgoing {
  /** The peer takes more. */
  grant(bytes: number): void;
  /** Nobody wants the rest. The source of a stream is told so. */
  stop(): void;
}

/** The call that something goes out for. */
export interface OutgoingOwner {
  /** All is sent. */
  sent(): void;
  /** The source of a stream failed. */
  broke(error: MicroError): void;
}

/** Adds up credit. */
export function addCredit(credit: number, bytes: number): number {
  const sum = credit + bytes;
  if (sum > maxCredit) throw new ProtocolError('more credit than can be');
  return sum;
}
