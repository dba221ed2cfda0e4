import type { Msg } from '@nats-io/transport-node';

/** Pause before an event comes again, in ms, after its first attempt; doubled each time. */
const firstPause = 100;
const longestPause = 30_000;

/** What JetStream tells of an event in the subject for its verdict. */
export interface Position {
  /** 1 for the first delivery. */
  readonly delivered: number;
  /** Number of the event in its stream. */
  readonly sequence: string;
}

/** `undefined` for what no stream has sent. */
export function positionOf({ reply = '' }: Msg): Position | undefined {
  const words = reply.split('.');
  if (words[0] !== '$JS' || words[1] !== 'ACK') return undefined;
  // Newer servers name the domain and the account as well.
  const first = words.length === 9 ? 4 : 6;
  const delivered = Number(words[first]);
  return Number.isInteger(delivered) ? { delivered, sequence: words[first + 1] ?? '' } : undefined;
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
