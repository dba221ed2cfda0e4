import { MicroError } from '@micro-ts/interface';

/** Longest text that AMQP takes as a routing key or the name of a queue, in bytes. */
const shortText = 255;

/** What a subscription asks for, as RabbitMQ binds it. */
export interface TopicPattern {
  readonly bindingKey: string;
  /** Whether an event is meant: a queue may be bound to other topics by others. */
  matches(topic: string): boolean;
}

/**
 * Reads what a subscription names: `*` stands for one word, `>` for all the rest, at least one.
 * @throws MicroError `invalid_argument` if it is empty or too long, `>` is not its last word, or it has
 * the word `#`, which is RabbitMQ's own wildcard
 */
export function topicPattern(text: string): TopicPattern {
  const words = wordsOf(text);
  const rest = words.indexOf('>');
  if (rest >= 0 && rest < words.length - 1)
    throw invalid(`'>' is not the last word of the topic '${text}'`);
  if (words.includes('#')) throw invalid(`the topic '${text}' has the word '#': write '>'`);
  const fixed = rest < 0 ? words : words.slice(0, -1);
  return {
    bindingKey: rest < 0 ? text : checked([...fixed, '*', '#'].join('.')),
    matches: (topic) => {
      const given = topic.split('.');
      if (rest < 0 ? given.length !== fixed.length : given.length <= fixed.length) return false;
      return fixed.every((word, at) => word === '*' || word === given[at]);
    },
  };
}

/**
 * A topic to publish to; it is the routing key.
 * @throws MicroError `invalid_argument` if it is empty or too long, or has wildcards
 */
export function routingKey(topic: string): string {
  const words = wordsOf(topic);
  if (words.includes('*') || words.includes('>')) {
    throw invalid(`the topic '${topic}' has wildcards: publish to one topic`);
  }
  return topic;
}

/** @throws MicroError `invalid_argument` if it is longer than AMQP takes */
export function checked(name: string, what = 'topic'): string {
  if (Buffer.byteLength(name) <= shortText) return name;
  const text = `is longer than the ${shortText} bytes that AMQP takes: make it shorter`;
  throw invalid(`the ${what} '${name.slice(0, 40)}…' ${text}`);
}

/** Room in the name of a queue for what is set aside: `.retry.60000`. */
const asideName = '.retry.60000';

/**
 * The name of a queue that several may share.
 * @throws MicroError `invalid_argument` if it is empty, RabbitMQ's own, or too long
 */
export function queueName(name: string): string {
  if (name === '') throw invalid('a queue needs a name');
  if (name.startsWith('amq.')) {
    const shown = name.slice(0, 40);
    throw invalid(`the queue '${shown}' begins with 'amq.', which is RabbitMQ's own: rename it`);
  }
  checked(name + asideName, 'queue');
  return name;
}

function wordsOf(text: string): readonly string[] {
  if (text === '') throw invalid('a topic needs a name');
  return checked(text).split('.');
}

const invalid = (text: string): MicroError =>
  new MicroError('invalid_argument', text, { refused: true });
