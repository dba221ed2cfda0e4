import { registerClauses } from '../clause.ts';
import { decoding } from './decoding.ts';
import type { CodecKit, CodecScene } from './options.ts';
import { roundTrips } from './round-trips.ts';

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
