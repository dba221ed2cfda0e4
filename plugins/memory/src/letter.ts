import type { Message } from '@micro-ts/interface';
import { sizeOf } from './copy.ts';

/** An event on its way to one mailbox. */
export interface Letter {
  readonly topic: string;
  readonly message: Message<Uint8Array>;
  /** Which delivery the next one is: 1 for the first. */
  readonly attempt: number;
}

/** What an event costs beside its bytes, so that empty ones are not free. */
const overhead = 256;

/** What a kept event takes, in bytes. */
export const letterSize = ({ body, metadata }: Message<Uint8Array>): number =>
  body.byteLength + sizeOf(metadata) + overhead;
