import type { MicroError } from '@micro-ts/interface';
import type { Msg } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';
import type { NatsOptions } from '../options.ts';
import type { Publications } from './publications.ts';
import { deadSubject } from './streams.ts';

/** Longest reason that is kept, in characters. */
const longestReason = 400;
/** What the headers of a dead letter may take, in bytes. */
const headerBytes = 4_096;

/** A delivery that was given up. */
export interface Letter {
  readonly message: Msg;
  readonly stream: string;
  readonly consumer: string;
  readonly sequence: string;
  readonly attempts: number;
  readonly reason: MicroError;
}

/** Events that were given up, as they came, with the reason in their headers. */
export class DeadLetters {
  readonly #link: NatsLink;
  readonly #publications: Publications;
  readonly #settings: NatsOptions['jetstream'];

  constructor(link: NatsLink, publications: Publications, settings: NatsOptions['jetstream']) {
    this.#link = link;
    this.#publications = publications;
    this.#settings = settings;
  }

  /** Resolves when it is kept, once even if it is kept again after a crash. */
  async keep({ message, stream, consumer, sequence, attempts, reason }: Letter): Promise<void> {
    const { data, subject } = message;
    const fits = data.length + headerBytes <= this.#link.maxPayload;
    await this.#publications.publish(deadSubject(this.#settings, subject), fits ? data : '', {
      'Nats-Msg-Id': `${stream}.${sequence}.${consumer}`,
      'Micro-Code': reason.code,
      'Micro-Reason': oneLine(reason.message),
      'Micro-Attempts': String(attempts),
      'Micro-Consumer': consumer,
      ...(fits ? {} : { 'Micro-Omitted': `${data.length} bytes` }),
    });
  }
}

const oneLine = (text: string): string =>
  text.slice(0, longestReason).replace(/[\x00-\x1f\x7f]+/g, ' ');
