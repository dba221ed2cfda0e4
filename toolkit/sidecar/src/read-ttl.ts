import { readDuration } from './read-duration.ts';

/** How long a record lives without its sidecar, unless it says otherwise, in ms. */
const usual = 30_000;

/**
 * Milliseconds of a `ttl`; see {@link readDuration}.
 * @throws MicroError `invalid_argument`
 */
export const readTtl = (text: string | undefined): number => readDuration('ttl', text, usual);
