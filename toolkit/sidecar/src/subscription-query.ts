import type { FastifyRequest } from 'fastify';
import type { Guarantee } from 'micro-ts';
import { refusal, wantsSocket } from '@micro-ts/edge';
import type { FrameFormat } from './event-frame.ts';
import { readDuration } from './read-duration.ts';
import { readQuery } from './read-query.ts';

/** The subscription that a client asks for. */
export interface SubscriptionQuery {
  readonly topic: string;
  readonly queue: string | undefined;
  readonly delivery: Guarantee | undefined;
  /** Deliveries of one event in all; as the framework does without it. */
  readonly attempts: number | undefined;
  /** Events on their way to the client, and not answered by it, at once. */
  readonly concurrency: number;
  /** How long the client may take to answer an event, in ms. */
  readonly timeout: number;
  /** Of the frames of a web socket. */
  readonly format: FrameFormat;
}

/** Longest topic or queue, in characters. */
const longestName = 255;
const usual = { concurrency: 16, timeout: 30_000, format: 'envelope' } as const;
const most = { concurrency: 256, attempts: 1_000 };

/**
 * Reads the query of `/broker`: the topic, and the options of a subscription by their names.
 * @throws MicroError `invalid_argument`
 */
export function readSubscriptionQuery(request: FastifyRequest): SubscriptionQuery {
  const { topic, queue, delivery, attempts, concurrency, timeout, format } = readQuery(request);
  if (topic === undefined || topic === '') throw refusal('invalid_argument', 'Topic not specified');
  if (delivery !== undefined && delivery !== 'at-most-once' && delivery !== 'at-least-once')
    throw refusal('invalid_argument', 'delivery: should be at-most-once or at-least-once');
  if (format !== undefined && format !== 'envelope' && format !== 'json')
    throw refusal('invalid_argument', 'format: should be envelope or json');
  const asked = countOf('concurrency', concurrency, most.concurrency) ?? usual.concurrency;
  // Events go out one after the other: more of them in hand are of use to those who answer, later.
  const answers = delivery === 'at-least-once' && wantsSocket(request);
  return {
    topic: fit(topic),
    queue: queue === undefined || queue === '' ? undefined : fit(queue),
    delivery,
    attempts: countOf('attempts', attempts, most.attempts),
    concurrency: answers ? asked : Math.min(asked, usual.concurrency),
    timeout: readDuration('timeout', timeout, usual.timeout),
    format: format ?? usual.format,
  };
}

function fit(name: string): string {
  if (name.length <= longestName && !/[\s\p{Cc}]/u.test(name)) return name;
  throw refusal('invalid_argument', 'a topic or queue is no fit name');
}

function countOf(name: string, text: string | undefined, largest: number): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= largest) return count;
  throw refusal('invalid_argument', `${name}: should be a number from 1 to ${largest}`);
}
