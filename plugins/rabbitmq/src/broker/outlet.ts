import { MicroError } from '@micro-ts/interface';
import type { ConfirmChannel } from 'amqplib';
import type { RabbitConnection } from '../connection.ts';
import { brokenError } from '../errors.ts';
import type { Parcel } from './event-message.ts';

/** Where a parcel goes. */
export interface Destination {
  readonly exchange: string;
  readonly routingKey: string;
  /** It must reach a queue; otherwise it is fine if nobody wants it. */
  readonly mustArrive: boolean;
}

/** One channel whose messages the server confirms. */
export class Outlet {
  readonly closed: Promise<void>;
  readonly #connection: RabbitConnection;
  readonly #channel: ConfirmChannel;
  readonly #unconfirmed = new Set<(error: MicroError) => void>();
  /** Numbers of what came back: the server tells that before it confirms. */
  readonly #returned = new Set<string>();
  #sent = 0;
  #reason: unknown = new Error('the connection ended before the event was confirmed');

  constructor(connection: RabbitConnection, channel: ConfirmChannel) {
    this.#connection = connection;
    this.#channel = channel;
    channel.on('error', (error) => (this.#reason = error));
    channel.on('return', ({ properties }) => this.#returned.add(properties.replyTo));
    const deaf = connection.onBlocked((reason) => {
      if (reason !== undefined) this.#refuse(blocked(connection, reason));
    });
    this.closed = new Promise((resolve) => {
      channel.on('close', () => {
        deaf();
        resolve();
      });
    });
  }

  /** Resolves when the server has it. @throws MicroError refused only if it certainly has not */
  send({ exchange, routingKey, mustArrive }: Destination, parcel: Parcel): Promise<void> {
    const { blocked: reason } = this.#connection;
    if (reason !== undefined) {
      return Promise.reject(blocked(this.#connection, reason, true));
    }
    // `replyTo` is free, for nobody answers an event; all else that comes back with it is its publisher's.
    const number = mustArrive ? String((this.#sent += 1)) : undefined;
    return new Promise((resolve, reject) => {
      const done = (error: unknown): void => {
        this.#unconfirmed.delete(reject);
        const back = number !== undefined && this.#returned.delete(number);
        if (error !== null) reject(this.#error(isNack(error) ? error : this.#reason));
        else if (back) reject(this.#error(new Error(`there is no queue '${routingKey}'`)));
        else resolve();
      };
      const { content, properties } = parcel;
      const options =
        number === undefined ? properties : { ...properties, mandatory: true, replyTo: number };
      try {
        this.#channel.publish(exchange, routingKey, content, options, done);
        this.#unconfirmed.add(reject);
      } catch (error) {
        reject(this.#unsent(error));
      }
    });
  }

  #refuse(error: MicroError): void {
    for (const reject of this.#unconfirmed) reject(error);
    this.#unconfirmed.clear();
  }

  /** What happens to a channel is no fault of an event, but for one that is too large. */
  #error(cause: unknown): MicroError {
    const error = brokenError(this.#connection.server, cause);
    if (/message size/.test(error.message)) {
      return new MicroError('resource_exhausted', error.message, { cause });
    }
    return new MicroError('unavailable', error.message, { cause });
  }

  #unsent(cause: unknown): MicroError {
    const options = { cause, refused: true };
    if ((cause as Partial<Error>).name === 'RangeError') {
      return new MicroError('resource_exhausted', 'metadata of more than 64 KiB', options);
    }
    return brokenError(this.#connection.server, cause, true);
  }
}

const isNack = (error: unknown): boolean => (error as Partial<Error>).message === 'message nacked';

const blocked = ({ server }: RabbitConnection, reason: string, refused = false): MicroError =>
  new MicroError('resource_exhausted', `RabbitMQ at ${server} takes no events: ${reason}`, {
    refused,
  });
