import { Context } from 'micro-ts';
import type { ContextKey, Metadata } from 'micro-ts';
import type { Framed } from './listen.ts';

/** What is known of an event that came through a sidecar. */
export class EventContext extends Context {
  readonly service = 'sidecar';
  readonly endpoint: string;
  readonly metadata: Metadata;
  readonly attempt: number;
  readonly peer = undefined;
  readonly signal: AbortSignal;
  readonly timeLeft = Infinity;
  readonly #values = new Map<ContextKey<unknown>, unknown>();

  constructor({ topic, metadata, attempt }: Framed, signal: AbortSignal) {
    super();
    this.endpoint = topic;
    this.metadata = metadata;
    this.attempt = attempt;
    this.signal = signal;
  }

  get<T>(key: ContextKey<T>): T {
    return this.#values.has(key) ? (this.#values.get(key) as T) : key.initial;
  }

  set<T>(key: ContextKey<T>, value: T): void {
    this.#values.set(key, value);
  }
}
