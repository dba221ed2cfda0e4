import type { MicroError } from '@micro-ts/interface';
import type { FrameSink } from './reader.ts';
import type { Settings } from './settings.ts';

/** One side of a connection: the calls, without the socket. */
export interface Session extends FrameSink {
  /** Calls are under way. */
  readonly busy: boolean;
  /** Highest stream of the peer that was accepted. */
  readonly lastAccepted: number;
  settled(settings: Settings): void;
  /** All frames of a chunk were handed over. */
  chunkRead(bytes: number): void;
  suspect(suspect: boolean): void;
  /** The connection is of no use any more. */
  lost(reason: MicroError): void;
}
