import type { Subscription } from '@nats-io/transport-node';
import type { Capture, JetStream } from './jetstream.ts';
import { covers } from './topic.ts';

/** What the server tells of streams that come, go and change. */
const advisories = '$JS.EVENT.ADVISORY.STREAM.*.*';
/** Where we may not hear that, we ask again after so long, in ms. */
const shortly = 5_000;
/** So many topics are remembered: an app may make them up. */
const mostFound = 1_000;

/** Which topics are kept by a stream: those who publish there wait until it has the event. */
export class Captured {
  readonly #jetstream: JetStream;
  #streams: Promise<readonly Capture[]> | undefined;
  /** What was found, until it may be wrong. */
  readonly #found = new Map<string, string | undefined>();
  #loaded = 0;
  #advised: Subscription | undefined;
  #deaf = false;

  constructor(jetstream: JetStream) {
    this.#jetstream = jetstream;
  }

  /** Name of the stream that captures all of a topic, or of what a pattern stands for. */
  streamOf(topic: string): string | undefined | Promise<string | undefined> {
    const streams = this.#current();
    return this.#found.has(topic) ? this.#found.get(topic) : this.#find(topic, streams);
  }

  async #find(topic: string, asked: Promise<readonly Capture[]>): Promise<string | undefined> {
    const streams = await asked;
    const found = streams.find(({ subjects }) =>
      (subjects ?? []).some((subject) => covers(subject, topic)),
    );
    // Not before all that wait have gone on: what is published later must not overtake them.
    setImmediate(() => {
      if (this.#streams === asked && this.#found.size < mostFound)
        this.#found.set(topic, found?.name);
    });
    return found?.name;
  }

  /** What is known may be wrong: the next question is asked anew. */
  forget(): void {
    this.#streams = undefined;
    this.#found.clear();
  }

  #current(): Promise<readonly Capture[]> {
    if (this.#deaf && performance.now() - this.#loaded > shortly) this.forget();
    if (this.#streams !== undefined) return this.#streams;
    this.#listen();
    this.#loaded = performance.now();
    const streams = this.#jetstream.streams();
    this.#streams = streams;
    streams.catch(() => this.#streams === streams && this.forget());
    return streams;
  }

  #listen(): void {
    this.#advised ??= this.#jetstream.link.subscribe(advisories, {
      callback: (error) => {
        if (error !== null) this.#deaf = true;
        this.forget();
      },
    });
  }
}
