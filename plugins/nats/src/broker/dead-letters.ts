import { MicroError } from '@micro-ts/interface';
import type { Msg } from '@nats-io/transport-node';
import type { NatsSettings } from '../options.ts';
import { headerRoom } from './event.ts';
import type { JetStream } from './jetstream.ts';
import type { Kept, Publications } from './publications.ts';
import { deadStream, deadSubject } from './streams.ts';

/** Longest reason that is kept, in characters: 1,200 bytes of {@link headerRoom} at most. */
const longestReason = 400;

/** A delivery that was given up. */
export interface Letter {
  readonly message: Msg;
  readonly stream: string;
  readonly consumer: string;
  /** Tells the event from all others of its stream. */
  readonly mark: string;
  readonly attempts: number;
  readonly reason: MicroError;
}

/** Events that were given up, as they came, with the reason in their headers. */
export class DeadLetters {
  readonly #jetstream: JetStream;
  readonly #publications: Publications;
  readonly #settings: NatsSettings['jetstream'];

  constructor(
    jetstream: JetStream,
    publications: Publications,
    settings: NatsSettings['jetstream'],
  ) {
    this.#jetstream = jetstream;
    this.#publications = publications;
    this.#settings = settings;
  }

  /**
   * Resolves when it is kept, once even if it is kept again after a crash. Where somebody removed the
   * stream, it is made again.
   * @throws MicroError if no stream has it: then nobody does
   */
  async keep(letter: Letter): Promise<void> {
    if ((await this.#publish(letter).catch(() => 'nobody')) === 'kept') return;
    await this.#jetstream.makeStream(deadStream(this.#settings));
    if ((await this.#publish(letter)) === 'kept') return;
    const { server } = this.#jetstream.link;
    const text = `nats ${server}: no stream takes ${deadSubject(this.#settings, '>')}`;
    throw new MicroError('unavailable', text);
  }

  #publish(letter: Letter): Promise<Kept> {
    const { data, subject } = letter.message;
    // Only others publish events that leave no room; then the event is worth more than the reason.
    const room = this.#jetstream.link.maxPayload - data.length >= headerRoom;
    const headers = room ? headersOf(letter) : undefined;
    return this.#publications.publish(deadSubject(this.#settings, subject), data, headers);
  }
}

const headersOf = ({ stream, consumer, mark, attempts, reason }: Letter) => ({
  'Nats-Msg-Id': `${stream}.${mark}.${consumer}`,
  'Micro-Code': reason.code,
  'Micro-Reason': oneLine(reason.message),
  'Micro-Attempts': String(attempts),
  'Micro-Consumer': consumer,
});

const oneLine = (text: string): string =>
  text.slice(0, longestReason).replace(/[\x00-\x1f\x7f]+/g, ' ');
