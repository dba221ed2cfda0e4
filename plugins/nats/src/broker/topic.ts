import { createHash } from 'node:crypto';
import { MicroError } from '@micro-ts/interface';

/** Longest topic, in bytes: the server takes no longer line of its protocol than 4 KiB. */
const longest = 1_024;
/** What a name on the server may not hold, dots among it. */
const unnameable = /[^\w-]+/g;
/** What most topics look like. */
const usual = /^[\w-]{1,64}(\.[\w-]{1,64}){0,8}$/;

/** What a topic may be. */
export interface TopicRules {
  /** `*` and a last `>` stand for words. */
  readonly wild: boolean;
  /** What no topic may begin with. */
  readonly reserved: readonly string[];
}

/**
 * A topic as a subject.
 * @throws MicroError `invalid_argument` if it is none
 */
export function subjectOf(topic: string, { wild, reserved }: TopicRules): string {
  const other = reserved.find((each) => topic.startsWith(each));
  if (other !== undefined) {
    const why = `NATS and its plugin keep what begins with '${other}' to themselves`;
    throw new MicroError('invalid_argument', `${noTopic(topic)}: ${why}`);
  }
  if (usual.test(topic)) return topic;
  const words = topic.split('.');
  const bad =
    Buffer.byteLength(topic) > longest ||
    words.some((word, at) => !isWord(word) && !(wild && isWild(word, at === words.length - 1)));
  if (!bad) return topic;
  throw new MicroError('invalid_argument', noTopic(topic));
}

/**
 * A queue as a queue group.
 * @throws MicroError `invalid_argument` if it is none
 */
export function groupOf(queue: string): string {
  if (queue !== '' && !/[\s\0]/.test(queue) && Buffer.byteLength(queue) <= longest) return queue;
  throw new MicroError('invalid_argument', `no queue of NATS: ${JSON.stringify(shown(queue))}`);
}

const noTopic = (topic: string): string => `no topic of NATS: ${JSON.stringify(shown(topic))}`;

const isWord = (word: string): boolean =>
  word !== '' && word !== '*' && word !== '>' && !/[\s\0]/.test(word);

const isWild = (word: string, last: boolean): boolean => word === '*' || (word === '>' && last);

const shown = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}…` : name);

/** True if every topic that `inner` stands for is one that `outer` stands for. */
export function covers(outer: string, inner: string): boolean {
  const [wide, narrow] = [outer.split('.'), inner.split('.')];
  for (const [at, word] of wide.entries()) {
    const other = narrow[at];
    if (other === undefined) return false;
    if (word === '>') return true;
    if (word !== other && (word !== '*' || other === '>')) return false;
  }
  return wide.length === narrow.length;
}

/**
 * The first word of a topic, by which its stream is known.
 * @throws MicroError `invalid_argument` if it stands for others
 */
export function firstWord(topic: string): string {
  const [word = ''] = topic.split('.');
  if (isWord(word)) return word;
  const text = `at-least-once needs a topic whose first word is no wildcard, not '${shown(topic)}'`;
  throw new MicroError('invalid_argument', text);
}

/** Any text as a name on the server: readable, and like no other. */
export function nameOf(text: string): string {
  const plain = text.replace(unnameable, '_').slice(0, 60);
  if (plain === text) return plain;
  return `${plain}~${createHash('sha1').update(text).digest('base64url').slice(0, 12)}`;
}
