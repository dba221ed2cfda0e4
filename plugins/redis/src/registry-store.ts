import type { RedisLink } from './link.ts';
import type { ScriptName } from './scripts.ts';

/** Records of one service by node id, as they were when the server's clock said `stamp` (µs). */
export interface Snapshot {
  readonly stamp: number;
  readonly records: ReadonlyMap<string, string>;
}

/** What became of one node: another record, or an empty one if it is gone. */
export interface Change {
  readonly stamp: number;
  readonly service: string;
  readonly id: string;
  readonly record: string;
  /** In ms. */
  readonly ttl: number;
}

type RegistryScript = Extract<
  ScriptName,
  'microRegister' | 'microDeregister' | 'microLookup' | 'microList' | 'microSweep'
>;

/** The registry's keys on one connection. */
export class RegistryStore {
  readonly #link: RedisLink;
  /** All keys on one node of a cluster. */
  readonly #base: string;

  constructor(link: RedisLink, prefix: string) {
    this.#link = link;
    this.#base = `${prefix}:{registry}`;
  }

  async register(service: string, id: string, record: string, ttl: number): Promise<void> {
    await this.#run('microRegister', service, id, record, Math.max(1, Math.ceil(ttl)));
  }

  async deregister(service: string, id: string): Promise<void> {
    await this.#run('microDeregister', service, id);
  }

  async lookup(services: readonly string[]): Promise<readonly Snapshot[]> {
    const [stamp, ...found] = (await this.#run('microLookup', ...services)) as [
      string,
      ...string[][],
    ];
    return found.map((flat) => {
      const records = new Map<string, string>();
      for (let at = 0; at + 1 < flat.length; at += 2)
        records.set(flat[at] ?? '', flat[at + 1] ?? '');
      return { stamp: Number(stamp), records };
    });
  }

  async list(): Promise<readonly string[]> {
    return ((await this.#run('microList')) as string[]).sort();
  }

  /**
   * Removes what has expired.
   * @returns in how many ms the next one will, or -1; and an epoch, which is another after the registry
   * was emptied
   */
  async sweep(): Promise<readonly [left: number, epoch: string]> {
    return (await this.#run('microSweep')) as [number, string];
  }

  /** Hears what changes from now on; garbage is skipped. */
  async listen(listener: (change: Change) => void): Promise<() => Promise<void>> {
    return this.#link.listen(`${this.#base}:changes`, (text) => {
      const change = parseChange(text);
      if (change !== undefined) listener(change);
    });
  }

  #run(script: RegistryScript, ...args: readonly (string | number)[]): Promise<unknown> {
    const base = this.#base;
    const keys = [`${base}:expiries`, `${base}:services`, `${base}:epoch`];
    return this.#link.run(script, keys, `${base}:nodes:`, `${base}:changes`, ...args);
  }
}

function parseChange(text: string): Change | undefined {
  try {
    const [stamp, service, id, record, ttl] = JSON.parse(text) as readonly unknown[];
    const texts = [service, id, record].every((each) => typeof each === 'string');
    if (!texts || !Number.isFinite(Number(stamp))) return undefined;
    const known = { stamp: Number(stamp), ttl: Number(ttl) || 0 };
    return { ...known, service, id, record } as Change;
  } catch {
    return undefined;
  }
}
