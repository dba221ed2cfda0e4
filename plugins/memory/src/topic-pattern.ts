import { MicroError } from '@micro-ts/interface';

/** Tells whether a subscription wants a topic. */
export interface TopicPattern {
  /** False if it names exactly one topic. */
  readonly wild: boolean;
  matches(topic: string): boolean;
}

/**
 * Reads what a subscription names: `*` stands for one word, `>` for all the rest.
 * @throws MicroError `invalid_argument` if it is empty, or `>` is not its last word.
 */
export function topicPattern(text: string): TopicPattern {
  const words = wordsOf(text);
  const rest = words.indexOf('>');
  if (rest >= 0 && rest < words.length - 1) {
    throw new MicroError('invalid_argument', `'>' is not the last word of '${text}'`);
  }
  if (rest < 0 && !words.includes('*')) return { wild: false, matches: (topic) => topic === text };
  const fixed = rest < 0 ? words : words.slice(0, -1);
  return {
    wild: true,
    matches: (topic) => {
      const given = topic.split('.');
      if (rest < 0 ? given.length !== fixed.length : given.length <= fixed.length) return false;
      return fixed.every((word, at) => word === '*' || word === given[at]);
    },
  };
}

/**
 * A topic to publish to.
 * @throws MicroError `invalid_argument` if it is empty or has wildcards.
 */
export function checkTopic(topic: string): void {
  const words = wordsOf(topic);
  if (words.includes('*') || words.includes('>')) {
    throw new MicroError('invalid_argument', `'${topic}' has wildcards: publish to one topic`);
  }
}

function wordsOf(text: string): readonly string[] {
  if (text === '') throw new MicroError('invalid_argument', 'a topic needs a name');
  return text.split('.');
}
