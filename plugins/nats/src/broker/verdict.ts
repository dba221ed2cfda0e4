import type { Msg } from '@nats-io/transport-node';

/** Pause before an event comes again, in ms, after its first attempt; doubled each time. */
const firstPause = 100;
const longestPause = 30_000;

/** What JetStream tells of an event in the subject for its verdict. */
export interface Position {
  /** 1 for the first delivery. */
  readonly delivered: number;
  /** Like that of no other event in a stream of this name, not even of one that was removed. */
  readonly mark: string;
}

/** `undefined` for what no stream has sent. */
export function positionOf({ reply = '' }: Msg): Position | undefined {
  const words = reply.split('.');
  if (words[0] !== '$JS' || words[1] !== 'ACK') return undefined;
  // Newer servers name the domain and the account as well.
  const first = words.length === 9 ? 4 : 6;
  const delivered = Number(words[first]);
  if (!Number.isInteger(delivered)) return undefined;
  const [sequence, , stored] = words.slice(first + 1);
  return { delivered, mark: `${sequence}.${stored}` };
}

export const pauseBefore = (attempt: number): number =>
  Math.min(longestPause, firstPause * 2 ** Math.min(attempt - 1, 20));

/** Verdicts on an event. */
export const verdicts = {
  done: '+ACK',
  /** Still in hand: the server waits on. */
  working: '+WPI',
  atOnce: '-NAK',
  later: (ms: number): string => `-NAK {"delay": ${Math.round(ms * 1_000_000)}}`,
  never: '+TERM',
} as const;
