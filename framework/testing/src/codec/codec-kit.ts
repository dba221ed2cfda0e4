import type { Codec } from '@micro-ts/interface';
import { registerClauses } from '../clause.ts';
import type { It } from '../clause.ts';
import { decoding } from './decoding.ts';
import { roundTrips } from './round-trips.ts';

/** What {@link codecKit} is given. */
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

/**
 * The contract of codecs, as tests.
 * @example codecKit({ it, codec: () => json, values: [null, 1.5, 'ü', [{ a: [] }]] });
 */
export function codecKit(kit: CodecKit): void {
  const { it, values, schema } = kit;
  const circular: Record<string, unknown> = {};
  circular['itself'] = circular;
  const { unsupported = [circular] } = kit;
  const {
    garbage = [Uint8Array.of(0xff, 0xfe, 0x00, 0xc1), new TextEncoder().encode('{"a":[1,')],
  } = kit;
  for (const clauses of [roundTrips, decoding]) {
    registerClauses(it, clauses, async (): Promise<CodecScene> => {
      return { codec: kit.codec(), values, schema, unsupported, garbage };
    });
  }
}
