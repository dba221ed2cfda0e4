import { Lease } from './lease.ts';

/** The leases of this process, by the ttl of their nodes. */
export class Leases {
  readonly #leases = new Map<number, Lease>();

  /** The lease for a node with this ttl, in ms; others hold the node no more. */
  of(ttl: number, key: string): Lease {
    for (const [other, lease] of this.#leases) {
      if (other === ttl) continue;
      lease.release(key);
      if (lease.isOver) this.#leases.delete(other);
    }
    const lease = this.#leases.get(ttl) ?? new Lease(ttl);
    this.#leases.set(ttl, lease);
    return lease;
  }

  /** No lease holds the node any more. */
  release(key: string): void {
    for (const lease of this.#leases.values()) lease.release(key);
  }
}
