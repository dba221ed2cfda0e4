import type { Codec } from '@micro-ts/interface';
import type { It } from '../clause.ts';

/** What `codecKit` is given. */
export interface CodecKit {
  readonly it: It;
  /** Called for each test. */
  readonly codec: () => Codec;
  /** Values that come back as they are: as many kinds as the format knows. */
  readonly values: readonly unknown[];
  /** The schema that is given with each value, for formats that need one. */
  readonly schema?: unknown;
  /** Values that it cannot encode. Default: an object that contains itself. */
  readonly unsupported?: readonly unknown[];
  /** Bytes that it cannot decode. Default: some that are no UTF-8, and a text that breaks off. */
  readonly garbage?: readonly Uint8Array[];
}

/** What each clause about codecs has at hand. */
export interface CodecScene extends Required<Omit<CodecKit, 'it' | 'codec' | 'schema'>> {
  readonly codec: Codec;
  readonly schema: unknown;
}
