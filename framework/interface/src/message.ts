import type { Metadata } from './metadata.ts';

/**
 * The bytes of one value, or of a stream of values. A chunk of a stream is always one whole encoded
 * value, never a part of one.
 */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** What transports and brokers carry. They never look inside the body. */
export interface Message<B extends Body = Body> {
  /** Names the codec of the body: `application/json`; lower case, without parameters. */
  readonly contentType: string;
  readonly metadata: Metadata;
  readonly body: B;
}
