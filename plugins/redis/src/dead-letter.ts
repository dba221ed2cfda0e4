import type { MicroError } from '@micro-ts/interface';

/** Most characters that are kept of a reason. */
const longestReason = 400;
/** Most characters that are kept of what is too large to be an event. */
const excerpt = 4_096;

/** An event that was given up, and where. */
export interface Letter {
  readonly envelope: string;
  /** Characters of the longest envelope that an event may have. */
  readonly longest: number;
  readonly reason: MicroError;
  readonly attempt: number;
  readonly topic: string;
  readonly queue: string;
}

/** Fields of a dead letter. Of an envelope that is too large the begin is kept, and how long it was. */
export function letterOf(letter: Letter): readonly string[] {
  const { envelope, longest, reason, attempt, topic, queue } = letter;
  const fits = envelope.length <= longest;
  const text = `${reason.code}: ${reason.message}`.slice(0, longestReason);
  return [
    ...['e', fits ? envelope : envelope.slice(0, excerpt)],
    ...['reason', text, 'attempts', String(attempt), 'topic', topic, 'queue', queue],
    ...(fits ? [] : ['omitted', `all but ${excerpt} of ${envelope.length} characters`]),
  ];
}
