import type { ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3';
import type { Carrier, Stream } from './stream.ts';

interface Waiting {
  resolve(alive: boolean): void;
  reject(reason: unknown): void;
}

/** Renews leases over one stream of a connection, opened when it is first needed. */
export class Renewals {
  readonly #carrier: Carrier;
  readonly #waiting = new Map<string, Waiting>();
  #stream: Promise<Stream<ILeaseKeepAliveRequest>> | undefined;
  #lost: { readonly reason: unknown } | undefined;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** Resolves with whether the lease was there, and so is renewed. One at a time for each lease. */
  async renew(id: string): Promise<boolean> {
    const stream = await (this.#stream ??= this.#open());
    if (this.#lost !== undefined) throw this.#lost.reason; // nobody would answer any more
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      stream.write({ ID: id });
    });
  }

  async #open(): Promise<Stream<ILeaseKeepAliveRequest>> {
    const stream = await this.#carrier.open<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>(
      ({ leaseClient }) => leaseClient.leaseKeepAlive(),
      ({ ID, TTL }) => {
        this.#waiting.get(ID)?.resolve(Number(TTL) > 0);
        this.#waiting.delete(ID);
      },
    );
    void stream.closed.then((reason) => {
      this.#lost = { reason };
      this.#carrier.lose(reason); // without it no node can be renewed: a new link brings a new one
      for (const { reject } of this.#waiting.values()) reject(reason);
      this.#waiting.clear();
    });
    return stream;
  }
}
