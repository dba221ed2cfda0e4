import { setImmediate as turn } from 'node:timers/promises';
import { MicroError } from '@micro-ts/interface';
import type { Closable, Losable } from '@micro-ts/interface';
import type { MsgHdrs, NatsConnection, PublishOptions } from '@nats-io/transport-node';
import type { Subscription, SubscriptionOptions } from '@nats-io/transport-node';
import { natsError } from './nats-errors.ts';
import type { ErrorSubject } from './nats-errors.ts';

/** Most bytes that the server may have left unread before publishing is refused. */
const mostUnread = 64 * 1024 * 1024;

/** What the driver makes, which is loaded when the connection is dialled. */
export interface DriverParts {
  headers(): MsgHdrs;
  createInbox(): string;
}

/** Publications that one round trip confirms. */
interface Batch {
  readonly done: Promise<void>;
  bytes: number;
  /** What the server did not allow, by subject. */
  readonly denied: Map<string, Error>;
}

/** The plugin's connection, which all of its roles share. */
export class NatsLink implements Closable {
  readonly nats: NatsConnection;
  readonly closed: Promise<unknown>;
  readonly #about: ErrorSubject;
  readonly #losable: Losable;
  readonly #driver: DriverParts;
  /** What dies with the connection. */
  readonly #attached = new Set<Losable>();
  /** Told when the connection is gone; reactions on `closed` itself would pile up. */
  readonly #hanging = new Set<(reason: unknown) => void>();
  readonly #batches = new Set<Batch>();
  #open: Batch | undefined;
  #unread = 0;
  #gone = false;

  constructor(nats: NatsConnection, about: ErrorSubject, losable: Losable, driver: DriverParts) {
    this.nats = nats;
    this.#driver = driver;
    this.#about = about;
    this.#losable = losable;
    this.closed = losable.closed;
    void this.closed.then((reason) => {
      this.#gone = true;
      for (const reject of this.#hanging) reject(this.error(reason));
      for (const each of this.#attached) each.lose(this.error(reason));
    });
  }

  /** `host:port`, for the texts of errors. */
  get server(): string {
    return this.#about.server;
  }

  /** Largest payload that the server takes, in bytes, headers included. */
  get maxPayload(): number {
    return this.nats.info?.max_payload ?? 1024 * 1024;
  }

  /** It was closed or lost: nothing can be sent. */
  get gone(): boolean {
    return this.#gone || this.nats.isClosed();
  }

  close(): Promise<void> {
    return this.#losable.close();
  }

  /** A watch or a subscription, which is lost when the connection is. */
  attach<T extends Losable>(part: T): T {
    this.#attached.add(part);
    if (this.gone) part.lose(this.error(undefined));
    void part.closed.then(() => this.#attached.delete(part));
    return part;
  }

  /** A subject that nobody else has. */
  inbox(): string {
    return this.#driver.createInbox();
  }

  headers(entries: Readonly<Record<string, string>>): MsgHdrs {
    const headers = this.#driver.headers();
    for (const [name, value] of Object.entries(entries)) headers.set(name, value);
    return headers;
  }

  /**
   * Sends a message; resolves when the server has read it. Those that are sent at once share one
   * round trip.
   */
  publish(subject: string, payload: string | Uint8Array, options?: PublishOptions): Promise<void> {
    try {
      const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
      if (this.#unread + bytes > mostUnread) {
        const text = `nats ${this.server} reads too slowly`;
        throw new MicroError('resource_exhausted', text, { refused: true });
      }
      this.send(subject, payload, options);
      const batch = this.#batch();
      this.#unread += bytes;
      batch.bytes += bytes;
      return batch.done.then(() => this.#allowed(batch, subject));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Asks for messages; `flush(subject)` tells whether they will come. */
  subscribe(subject: string, options: SubscriptionOptions): Subscription {
    try {
      return this.nats.subscribe(subject, options);
    } catch (error) {
      throw this.error(error, true);
    }
  }

  /** Sends a message, and does not wait. */
  send(subject: string, payload: string | Uint8Array, options?: PublishOptions): void {
    try {
      this.nats.publish(subject, payload, options);
    } catch (error) {
      throw this.error(error, true);
    }
  }

  /**
   * Resolves when the server has read all that was sent before.
   * @param subject rejects if this process may not publish or subscribe there.
   */
  async flush(subject?: string): Promise<void> {
    const batch = this.#batch();
    await batch.done;
    if (subject !== undefined) this.#allowed(batch, subject);
  }

  #allowed({ denied }: Batch, subject: string): void {
    const error = denied.get(subject);
    if (error !== undefined) throw this.error(error);
  }

  /** What the driver failed with, as a `MicroError` that names the server. */
  error(error: unknown, refused = false): Error {
    return natsError(error, this.#about, refused);
  }

  /** Told by the connection: the server refused a subject. */
  deny(subject: string, error: Error): void {
    for (const { denied } of this.#batches) denied.set(subject, error);
  }

  #batch(): Batch {
    if (this.#open !== undefined) return this.#open;
    const batch: Batch = { done: this.#roundTrip(), bytes: 0, denied: new Map() };
    const forget = (): void => {
      this.#batches.delete(batch);
      this.#unread -= batch.bytes;
    };
    batch.done.then(forget, forget);
    this.#batches.add(batch);
    return (this.#open = batch);
  }

  async #roundTrip(): Promise<void> {
    await turn(); // others of this turn come along
    this.#open = undefined;
    await this.orLost(this.nats.flush());
    await turn(); // what the server refused came before its answer, and is told by now
  }

  /** What `work` comes to. The driver leaves promises hanging when the connection dies; this rejects. */
  async orLost<T>(work: Promise<T>): Promise<T> {
    let reject!: (reason: unknown) => void;
    const lost = new Promise<never>((_resolve, no) => (reject = no));
    this.#hanging.add(reject);
    try {
      return await Promise.race([work, lost]);
    } catch (error) {
      throw this.error(error);
    } finally {
      this.#hanging.delete(reject);
    }
  }
}
