import type { App, Endpoint, Node, Services } from 'micro-ts';
import { compareVersions } from './versions.ts';

/** A service as it is registered now. */
export interface DirectoryEntry {
  readonly service: string;
  /** Those that are up, the newest version first; none if it was known and all are gone. */
  readonly nodes: readonly Node[];
  /** What can be called, by name: of the newest node that has it; no subscriptions, no `Debug.*`. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

/** What is registered, live: kept by one watch, and read without waiting. */
export interface Directory {
  /** Grows with each change. */
  readonly version: number;
  /** The registry has answered at least once. Before, nobody can say what there is. */
  readonly known: boolean;
  /** `undefined` for a service that nobody has heard of (lately). */
  service(name: string): DirectoryEntry | undefined;
  /** Sorted by name. */
  services(): readonly DirectoryEntry[];
  /** Tells each change; returns what stops that. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** What a directory can be told. */
export interface DirectoryOptions {
  /** How long a service without nodes is remembered (503, not 404), in ms. Default 600,000. */
  readonly rememberFor?: number;
}

/** How often, at least, what is long gone is forgotten, and the registry asked who is there, in ms. */
const sweepEvery = 15_000;
/** A service that the registry does not list so often in a row is gone. */
const missedSweeps = 2;

/**
 * Opens the directory of all that is registered where the app looks. Resolves when the registry has
 * answered, or its first attempt has failed; it is kept up to date until it is closed.
 */
export async function openDirectory(app: App, options: DirectoryOptions = {}): Promise<Directory> {
  const directory = new LiveDirectory(app, options.rememberFor ?? 600_000);
  await directory.open();
  return directory;
}

/** An entry, and what tells when to forget it. */
interface Known {
  readonly entry: DirectoryEntry;
  /** When its last node went, on the clock of `performance.now()`. */
  readonly goneSince: number | undefined;
  /** How many sweeps the registry did not list it. */
  missed: number;
}

class LiveDirectory implements Directory {
  version = 0;
  known = false;
  readonly #app: App;
  readonly #rememberFor: number;
  readonly #entries = new Map<string, Known>();
  readonly #listeners = new Set<() => void>();
  #sorted: readonly DirectoryEntry[] | undefined = undefined;
  #close: () => Promise<void> = async () => undefined;

  constructor(app: App, rememberFor: number) {
    this.#app = app;
    this.#rememberFor = rememberFor;
  }

  async open(): Promise<void> {
    const watch = await this.#app.watch((changed) => this.#update(changed));
    if (!this.known) await this.#list(); // a watch has nothing to tell of an empty registry
    const sweeper = setInterval(() => void this.#sweep(), Math.min(sweepEvery, this.#rememberFor));
    sweeper.unref();
    this.#close = async () => {
      clearInterval(sweeper);
      await watch.close();
    };
  }

  service(name: string): DirectoryEntry | undefined {
    return this.#entries.get(name)?.entry;
  }

  services(): readonly DirectoryEntry[] {
    return (this.#sorted ??= [...this.#entries.values()]
      .map(({ entry }) => entry)
      .sort((a, b) => (a.service < b.service ? -1 : 1)));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#listeners.clear();
    return this.#close();
  }

  #update(changed: Services): void {
    this.known = true;
    for (const [service, nodes] of changed) {
      const before = this.#entries.get(service);
      if (nodes.length === 0 && before === undefined) continue;
      if (nodes.length > 0) this.#entries.set(service, up(entryOf(service, nodes)));
      else this.#entries.set(service, gone(before as Known));
    }
    this.#tell();
  }

  /**
   * A watch that was opened again tells what there is, not what has gone meanwhile: the list does. It
   * is asked twice, for a registry that has just come back is empty until its nodes are back.
   */
  async #sweep(): Promise<void> {
    const listed = await this.#list();
    const now = performance.now();
    let changed = false;
    for (const [service, known] of this.#entries) {
      const { goneSince, entry } = known;
      if (goneSince !== undefined && now - goneSince >= this.#rememberFor) {
        changed = this.#entries.delete(service);
      } else if (listed !== undefined && entry.nodes.length > 0) {
        known.missed = listed.has(service) ? 0 : known.missed + 1;
        if (known.missed < missedSweeps) continue;
        this.#entries.set(service, gone(known));
        changed = true;
      }
    }
    if (changed) this.#tell();
  }

  /** Names of the services that have nodes; `undefined` if the registry does not answer. */
  async #list(): Promise<ReadonlySet<string> | undefined> {
    try {
      const names = await this.#app.list();
      this.known = true;
      return new Set(names);
    } catch {
      return undefined;
    }
  }

  #tell(): void {
    this.version++;
    this.#sorted = undefined;
    for (const listener of this.#listeners) listener();
  }
}

const up = (entry: DirectoryEntry): Known => ({ entry, goneSince: undefined, missed: 0 });

/** Known, without nodes; its endpoints stay, so that what they would have been called with is known. */
const gone = ({ entry, goneSince }: Known): Known => ({
  entry: { ...entry, nodes: [] },
  goneSince: goneSince ?? performance.now(),
  missed: 0,
});

function entryOf(service: string, nodes: readonly Node[]): DirectoryEntry {
  const newest = [...nodes].sort((a, b) => compareVersions(b.version, a.version));
  const endpoints = new Map<string, Endpoint>();
  for (const node of newest)
    for (const endpoint of node.endpoints)
      if (isCallable(endpoint) && !endpoints.has(endpoint.name))
        endpoints.set(endpoint.name, endpoint);
  return { service, nodes: newest, endpoints };
}

const isCallable = ({ kind, name }: Endpoint): boolean =>
  kind !== 'event' && !name.startsWith('Debug.');
