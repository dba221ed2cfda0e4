import { closable, MicroError } from '@micro-ts/interface';
import type { Closable, Limits, Losable } from '@micro-ts/interface';
import type { Etcd3 } from 'etcd3';
import { createClient } from './client.ts';
import { consequenceOf, errorOf } from './failure.ts';
import type { EtcdSettings } from './options.ts';
import type { Place } from './place.ts';
import { Renewals } from './renewals.ts';
import type { Carrier, Duplex, Stream } from './stream.ts';

/** Who asks for a password. */
export interface User {
  readonly name: string;
  readonly password: string;
}

/** A connection to one member of the cluster, and all that is open on it. */
export class EtcdLink implements Closable, Carrier {
  readonly place: Place;
  readonly renewals = new Renewals(this);
  readonly closed: Promise<unknown>;
  readonly lose: (reason?: unknown) => void;
  readonly #user: User | undefined;
  readonly #end: Losable;
  readonly #streams = new Set<Losable>();
  #etcd: Etcd3 | undefined;
  #token: string | undefined;
  #authenticating: Promise<void> | undefined;
  #gone = false;

  private constructor(place: Place, user: User | undefined) {
    this.place = place;
    this.#user = user;
    this.#end = closable(() => this.#release());
    this.closed = this.#end.closed;
    this.lose = this.#end.lose;
  }

  /** Dials nothing yet: the first request does. */
  static async create(
    place: Place,
    options: EtcdSettings,
    { user, limits }: { user: User | undefined; limits: Limits },
  ): Promise<EtcdLink> {
    const link = new EtcdLink(place, user);
    link.#etcd = await createClient(place, options, {
      token: () => link.#token,
      failed: (error) => link.failed(error),
      patience: Math.ceil(limits.handshake * 0.9), // before the verb itself is given up
    });
    return link;
  }

  get isGone(): boolean {
    return this.#gone;
  }

  close(): Promise<void> {
    return this.#end.close();
  }

  /** Runs a verb; with a new token, if etcd has forgotten the old one. */
  async call<T>(work: (etcd: Etcd3) => Promise<T>): Promise<T> {
    const etcd = this.#client();
    const token = this.#token;
    try {
      return await work(etcd);
    } catch (error) {
      const forgotten = error instanceof MicroError && error.code === 'unauthenticated';
      if (!forgotten || token === undefined) throw error;
      if (this.#token === token) await this.authenticate();
      return work(etcd); // it was refused unread
    }
  }

  /** Gets a token, if there is a user. etcd without authentication takes everybody. */
  authenticate(): Promise<void> {
    this.#authenticating ??= this.#authenticate().finally(() => (this.#authenticating = undefined));
    return this.#authenticating;
  }

  async #authenticate(): Promise<void> {
    if (this.#user === undefined) return;
    try {
      const { token } = await this.#client().auth.authenticate(this.#user);
      this.#token = token;
    } catch (error) {
      if (!/authentication is not enabled/.test(String(error))) throw error;
      this.#token = undefined;
    }
  }

  /** A stream that ends with the link. What happens to it before it is open rejects. */
  async open<Q, A>(
    start: (etcd: Etcd3) => Promise<Duplex<Q, A>>,
    receive: (answer: A, stream: Losable) => void,
  ): Promise<Stream<Q>> {
    const duplex = await start(this.#client());
    let ended = false;
    const fail = (error: Error): void => {
      if (!ended) stream.lose(this.failed(error));
    };
    const stream = closable(() => {
      ended = true;
      this.#streams.delete(stream);
      duplex.end(); // or the driver would take the end for a failure of the connection
      duplex.cancel();
    });
    this.#streams.add(stream);
    duplex.on('error', fail);
    duplex.on('end', () => fail(new Error('it ended a stream')));
    duplex.on('data', (answer) => ended || receive(answer, stream));
    if (this.#gone) stream.lose(this.#unavailable());
    return Object.assign(stream, { write: (request: Q) => duplex.write(request) });
  }

  /** The failure in our words. The link is lost if it is of no more use. */
  failed(cause: Error): MicroError {
    if (cause instanceof MicroError) return cause;
    const error = errorOf(this.place.name, cause);
    const consequence = consequenceOf(cause);
    // Where streams are open, the driver asks whether the other side is alive.
    const silent = consequence === 'silence' && this.#streams.size === 0;
    if (consequence === 'gone' || silent) this.lose(error);
    return error;
  }

  #client(): Etcd3 {
    if (this.#gone || this.#etcd === undefined) throw this.#unavailable();
    return this.#etcd;
  }

  #unavailable(): MicroError {
    return new MicroError('unavailable', `the connection to etcd at ${this.place.name} is gone`);
  }

  #release(): void {
    this.#gone = true;
    for (const stream of [...this.#streams]) stream.lose(this.#unavailable());
    this.#etcd?.close();
  }
}
