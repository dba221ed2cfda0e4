import type { Losable } from '@micro-ts/interface';
import type { ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3';
import type { EtcdLink } from './link.ts';

type Stream = Losable & { write(request: ILeaseKeepAliveRequest): void };
type Settle = (alive: boolean) => void;

/** Renews leases over one stream of a connection, opened when it is first needed. */
export class Renewals {
  readonly #link: EtcdLink;
  readonly #waiting = new Map<string, Settle[]>();
  #stream: Promise<Stream> | undefined;

  constructor(link: EtcdLink) {
    this.#link = link;
  }

  /** Resolves with whether the lease was there, and so is renewed. */
  async renew(id: string): Promise<boolean> {
    const stream = await (this.#stream ??= this.#open());
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
      void stream.closed.then(reject);
      stream.write({ ID: id });
    });
  }

  async #open(): Promise<Stream> {
    const stream = await this.#link.open<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>(
      ({ leaseClient }) => leaseClient.leaseKeepAlive(),
      ({ ID, TTL }) => {
        const waiting = this.#waiting.get(ID) ?? [];
        this.#waiting.delete(ID);
        for (const settle of waiting) settle(Number(TTL) > 0);
      },
    );
    // Without it no node can be renewed: a new connection brings a new one.
    void stream.closed.then(this.#link.lose);
    return stream;
  }
}
