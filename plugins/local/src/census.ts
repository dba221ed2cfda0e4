import { closable, MicroError } from '@micro-ts/interface';
import type { Closable, Logger, Losable, Node } from '@micro-ts/interface';
import type { RegistryListener, Services } from '@micro-ts/interface';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Folder } from './folder.ts';
import { follow } from './follow.ts';
import { parseName } from './names.ts';
import { Pulses } from './pulses.ts';
import { readRecord } from './record-file.ts';
import { byService, changes, only } from './services.ts';

/** What stood in a file. */
interface Found {
  readonly process: string;
  readonly nodes: readonly Node[];
}

/** What a census needs besides its folder. */
export interface CensusOptions {
  readonly logger: Logger;
  /** Largest file that is read, in bytes. */
  readonly bytes: number;
  /** Told when the folder is gone. The census is closed by then. */
  readonly onGone: (reason: MicroError) => void;
}

/** Files read at once; each takes a descriptor. */
const atOnce = 32;

/**
 * Who is there: the records of the folder whose processes live. Each file is read once, and each
 * process that has one is held by a connection, so that its death is known without asking.
 */
export class Census {
  readonly #folder: Folder;
  readonly #options: CensusOptions;
  readonly #found = new Map<string, Found>();
  readonly #pulses: Pulses;
  /** Files that were reported as unreadable and are still there. */
  readonly #strange = new Set<string>();
  /** The open watches, those included that have not been told anything yet. */
  readonly #watches = new Map<Losable, RegistryListener | undefined>();
  #services: Services = new Map();
  #looking: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #first = true;
  #unfollow: (() => void) | undefined;
  #closed: MicroError | undefined;

  constructor(folder: Folder, options: CensusOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#pulses = new Pulses(folder.path, (process) => void this.#bury(process));
  }

  /** The living nodes by service, as of the last {@link refresh}, less those that died since. */
  get services(): Services {
    return this.#services;
  }

  /** Files that hold the node of this id, whoever wrote them. */
  filesOf(id: string): readonly string[] {
    const files = [...this.#found].filter(([, { nodes }]) => nodes.some((node) => node.id === id));
    return files.map(([name]) => join(this.#folder.path, name));
  }

  /** Resolves when all is known that is in the folder now. Any number of callers share one look. */
  refresh(): Promise<void> {
    const look = (): Promise<void> => {
      this.#next = undefined;
      return (this.#looking = this.#look());
    };
    return (this.#next ??= this.#looking.then(look, look));
  }

  /** Tells all there is, then what changes. */
  async watch(listener: RegistryListener, service?: string): Promise<Closable> {
    const watch = closable(() => {
      this.#watches.delete(watch);
      if (this.#watches.size === 0) this.#stopFollowing();
    });
    this.#watches.set(watch, undefined);
    this.#unfollow ??= follow(this.#folder, {
      changed: () => this.refresh(),
      gone: () => this.#gone(),
    });
    try {
      await this.refresh();
    } catch (error) {
      await watch.close();
      throw error;
    }
    listener(service === undefined ? this.#services : only(service, this.#services));
    this.#watches.set(watch, (changed) => {
      if (service === undefined) listener(changed);
      else if (changed.has(service)) listener(only(service, changed));
    });
    return watch;
  }

  close(reason = new MicroError('unavailable', 'the registry is closed')): void {
    this.#closed ??= reason;
    this.#stopFollowing();
    this.#pulses.stop();
    for (const watch of [...this.#watches.keys()]) watch.lose(reason);
  }

  #stopFollowing(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  #gone(): void {
    const reason = new MicroError('unavailable', `the folder ${this.#folder.path} is gone`);
    this.close(reason);
    this.#options.onGone(reason);
  }

  async #look(): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    const names = (await readdir(this.#folder.path)).sort();
    const present = new Set(names);
    for (const name of this.#found.keys()) if (!present.has(name)) this.#found.delete(name);
    for (const name of this.#strange) if (!present.has(name)) this.#strange.delete(name);
    const unread = names.filter((name) => !this.#found.has(name) && !this.#strange.has(name));
    for (let i = 0; i < unread.length; i += atOnce) {
      const some = unread.slice(i, i + atOnce);
      const found = await Promise.all(some.map((name) => this.#read(name)));
      // In the order of their names, so that of two records of a node the newer one comes last.
      for (const [j, each] of found.entries()) {
        if (each !== undefined) this.#found.set(some[j] ?? '', each);
      }
    }
    if (this.#closed !== undefined) throw this.#closed;
    const processes = new Set([...this.#found.values()].map(({ process }) => process));
    // Once, those are asked too that show no record, so that what the dead left behind is removed.
    for (const name of this.#first ? names : []) processes.add(parseName(name)?.process ?? '');
    processes.delete('');
    await this.#pulses.hold(processes);
    this.#first = false;
    if (this.#closed !== undefined) throw this.#closed;
    this.#publish();
  }

  async #read(name: string): Promise<Found | undefined> {
    const { process, kind } = parseName(name) ?? {};
    const file = join(this.#folder.path, name);
    try {
      if (process === undefined) throw new Error('its name is not that of a record');
      if (kind !== 'json') return undefined;
      const nodes = await readRecord(file, this.#options.bytes);
      return nodes === undefined ? undefined : { process, nodes };
    } catch (error) {
      this.#strange.add(name);
      this.#options.logger.warn('a file in the folder of the registry is ignored', { file, error });
      return undefined;
    }
  }

  /** Its name is never used again, so what is removed here is nobody else's. */
  async #bury(process: string): Promise<void> {
    for (const [name, found] of this.#found)
      if (found.process === process) this.#found.delete(name);
    this.#publish();
    const folder = this.#folder.path;
    const left = (await readdir(folder).catch(() => [])).filter(
      (name) => parseName(name)?.process === process,
    );
    const removed = left.map((name) => rm(join(folder, name), { force: true }));
    await Promise.allSettled(removed); // What stays is found again by the next one to look.
  }

  #publish(): void {
    const felt = [...this.#found.values()].filter(({ process }) => this.#pulses.feels(process));
    const before = this.#services;
    this.#services = byService(felt.flatMap(({ nodes }) => nodes));
    const changed = changes(before, this.#services);
    if (changed.size === 0) return;
    for (const listener of [...this.#watches.values()]) listener?.(changed);
  }
}
