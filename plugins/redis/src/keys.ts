/**
 * Keys of one topic. The braces make a cluster keep them on one node; braces and `%` of the topic are
 * written as in a URL.
 */
export interface TopicKeys {
  /** Sorted set of the queues, each with the end of its lease; `inf` keeps a queue for ever. */
  readonly queues: string;
  /** Begin of the stream of a queue, whose name follows. */
  readonly queue: string;
  /** Stream of the events that were given up. */
  readonly dead: string;
  /** Channel on which queues are told that there is something to take. */
  readonly wake: string;
}

export const topicKeys = (prefix: string, topic: string): TopicKeys => {
  const base = `${prefix}:{${topic.replace(/[%{}]/g, encodeURIComponent)}}`;
  return {
    queues: `${base}:queues`,
    queue: `${base}:queue:`,
    dead: `${base}:dead`,
    wake: `${base}:wake`,
  };
};
