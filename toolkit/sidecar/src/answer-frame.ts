import { errorCodes, MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';
import { refusal } from '@micro-ts/edge';
import * as v from 'valibot';

/** What a client says of an event that it was sent. */
export interface Answer {
  /** Of the event, as its frame said. */
  readonly id: number;
  /** Why it is rejected; `undefined` if it is acknowledged. */
  readonly rejection: MicroError | undefined;
}

/** Longest reason that is kept, in characters. */
const longest = 1_000;

const id = v.pipe(v.number(), v.integer());
const answer = v.pipe(
  v.string(),
  v.parseJson(),
  v.union([
    v.strictObject({ ack: id }),
    v.strictObject({
      nack: id,
      reason: v.optional(v.string(), 'the subscriber rejects it'),
      code: v.optional(v.picklist(Object.keys(errorCodes) as ErrorCode[]), 'unavailable'),
    }),
  ]),
);

const shape = '{"ack":id} or {"nack":id,"reason":"…","code":"…"}, with a code of errors';

/**
 * Reads `{"ack":7}` or `{"nack":7,"reason":"…","code":"…"}`. A rejection without a code is
 * `unavailable`: the event comes again.
 * @throws MicroError `invalid_argument`
 */
export function readAnswer(bytes: Uint8Array): Answer {
  const { success, output } = v.safeParse(answer, Buffer.from(bytes).toString('utf8'));
  if (!success) throw refusal('invalid_argument', `an answer is ${shape}`);
  if ('ack' in output) return { id: output.ack, rejection: undefined };
  return {
    id: output.nack,
    rejection: new MicroError(output.code, output.reason.slice(0, longest)),
  };
}
