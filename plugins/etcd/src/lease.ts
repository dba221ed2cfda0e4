import { MicroError } from '@micro-ts/interface';
import type { EtcdLink } from './link.ts';

/** How old a renewal may be that counts for another node too, in ms; leases last that much longer. */
const shared = 1_000;

/** What this process wrote. */
interface Written {
  readonly lease: string;
  readonly value: string;
  readonly revision: string;
  /** When its last heartbeat ends. */
  until: number;
}

/**
 * The lease of all nodes of this process with the same ttl. It is renewed by their heartbeats and by
 * nothing else, at most once a second, and outlives connections. A node whose own heartbeat has stopped
 * is removed by those of the others.
 */
export class Lease {
  readonly #ttl: number;
  readonly #written = new Map<string, Written>();
  #id: string | undefined;
  #renewed = -Infinity;
  #renewing: Promise<string> | undefined;

  /** @param ttl in ms */
  constructor(ttl: number) {
    this.#ttl = ttl;
  }

  /** Nobody renews it any more. */
  get isOver(): boolean {
    return performance.now() - this.#renewed > this.#ttl + shared;
  }

  /** Makes the record be there for the ttl. What is there already is looked at, and not written again. */
  async hold(link: EtcdLink, key: string, value: string): Promise<void> {
    const until = performance.now() + this.#ttl;
    const known = this.#written.get(key);
    if (known !== undefined) known.until = until;
    const [lease, revision] = await Promise.all([this.#alive(link), revisionOf(link, key)]);
    const same = known?.value === value && known.lease === lease;
    if (same && known.revision === revision) return;
    try {
      this.#written.set(key, await write(link, { key, value, lease, until }));
    } catch (error) {
      if (!(error instanceof MicroError) || error.code !== 'not_found') throw error;
      if (this.#id === lease) this.#id = undefined; // revoked, a moment after it was renewed
      this.#renewed = -Infinity;
      const another = await this.#alive(link);
      this.#written.set(key, await write(link, { key, value, lease: another, until }));
    }
  }

  /** The node is no longer renewed by it. */
  release(key: string): void {
    this.#written.delete(key);
  }

  /** Its id, when it is sure to live for the ttl. */
  async #alive(link: EtcdLink): Promise<string> {
    const fresh = performance.now() - this.#renewed < shared;
    if (this.#id !== undefined && fresh) return this.#id;
    this.#renewing ??= this.#renew(link).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew(link: EtcdLink): Promise<string> {
    const now = performance.now();
    if (this.#id !== undefined && (await link.renewals.renew(this.#id))) {
      this.#renewed = now;
      await this.#sweep(link, now);
      return this.#id;
    }
    const TTL = Math.ceil((this.#ttl + shared) / 1_000);
    const { ID } = await link.call(({ leaseClient }) => leaseClient.leaseGrant({ TTL }));
    this.#written.clear();
    this.#id = ID;
    this.#renewed = now;
    return ID;
  }

  /** Removes what this lease keeps, and no heartbeat wants kept. */
  async #sweep(link: EtcdLink, now: number): Promise<void> {
    const silent = [...this.#written].filter(([, { until }]) => until < now);
    const removals = silent.map(async ([text, written]) => {
      const key = Buffer.from(text);
      const target = { key, target: 'Mod', result: 'Equal' } as const;
      const request = {
        compare: [{ ...target, mod_revision: written.revision }],
        success: [{ request_delete_range: { key } }],
      };
      await link.call(({ kv }) => kv.txn(request));
      if (this.#written.get(text) === written) this.#written.delete(text);
    });
    await Promise.all(removals);
  }
}

/** When the key was last written; `undefined` if it is not there. */
async function revisionOf(link: EtcdLink, name: string): Promise<string | undefined> {
  const request = { key: Buffer.from(name), keys_only: true };
  const { kvs } = await link.call(({ kv }) => kv.range(request));
  return kvs[0]?.mod_revision;
}

async function write(
  link: EtcdLink,
  record: { key: string; value: string; lease: string; until: number },
): Promise<Written> {
  const { key, value, lease, until } = record;
  const request = { key: Buffer.from(key), value: Buffer.from(value), lease };
  const { header } = await link.call(({ kv }) => kv.put(request));
  return { value, lease, until, revision: header.revision };
}
