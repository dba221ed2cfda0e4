import { metadata, Raw } from 'micro-ts';
import type { MetadataSource } from 'micro-ts';

/** A message as bytes. */
export const rawOf = (message: unknown): Raw =>
  message instanceof Raw
    ? message
    : new Raw('application/json', new TextEncoder().encode(JSON.stringify(message ?? {})));

/** Metadata travels as headers. */
export const headersOf = (given: MetadataSource): Record<string, string> => ({
  ...metadata(given),
});

/** An answer: a value, or bytes as they came. */
export const answerOf = (answer: Raw, raw: boolean): unknown =>
  raw ? answer : (JSON.parse(new TextDecoder().decode(answer.bytes)) as unknown);
