import type { Channel, Options } from 'amqplib';
import type { Losable } from '@micro-ts/interface';
import type { PlainMessage, Post } from '@micro-ts/bus';

/** Marks messages of a tunnel. */
export const tunnelType = 'micro-tunnel';

/** What a place is made with. */
export interface RabbitmqPlace {
  readonly address: string;
  readonly drain: () => Promise<void>;
  readonly end: Losable;
  /** By which nodes of go-micro are reached. */
  readonly exchange: string;
}

/** A queue of this process and its channel, by which it sends. */
export class RabbitmqPost implements Post {
  readonly address: string;
  readonly maxBytes = 131_072;
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly drain: () => Promise<void>;
  readonly #channel: Channel;
  readonly #exchange: string;
  #writable = true;
  #waiting: (() => void)[] = [];

  constructor(channel: Channel, { address, drain, end, exchange }: RabbitmqPlace) {
    this.#channel = channel;
    this.#exchange = exchange;
    this.address = address;
    this.drain = drain;
    this.closed = end.closed;
    this.close = end.close;
    channel.on('drain', this.#onDrain);
  }

  get writable(): boolean {
    return this.#writable;
  }

  whenWritable(work: () => void): void {
    this.#waiting.push(work);
  }

  tell(to: string, id: string, bytes: Uint8Array): void {
    const options = { type: tunnelType, correlationId: id, replyTo: this.address, mandatory: true };
    this.#publish('', to, bytes, options);
  }

  ask(address: string, id: string, { headers, body }: PlainMessage): void {
    const options = { headers, correlationId: id, replyTo: this.address, mandatory: true };
    this.#publish(this.#exchange, address, body, options);
  }

  answer(reply: string, id: string, { headers, body }: PlainMessage): void {
    this.#publish('', reply, body, { headers, correlationId: id });
  }

  /** The server answers in the order in which it was asked. */
  async flush(): Promise<void> {
    await this.#channel.prefetch(0);
  }

  #publish(exchange: string, key: string, body: Uint8Array, options: Options.Publish): void {
    const bytes = Buffer.from(body.buffer as ArrayBuffer, body.byteOffset, body.length);
    if (!this.#channel.publish(exchange, key, bytes, options)) this.#writable = false;
  }

  readonly #onDrain = (): void => {
    this.#writable = true;
    for (const work of this.#waiting.splice(0)) work();
  };
}
