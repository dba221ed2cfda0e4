import { MicroError } from '@micro-ts/interface';
import type { Closable, Losable, Node, Registry, RegistryListener } from '@micro-ts/interface';
import { rm } from 'node:fs/promises';
import type { Census } from './census.ts';
import type { Folder } from './folder.ts';
import type { Presence } from './presence.ts';

/** What the registry holds open: the folder, what is in it, and what this process shows there. */
export interface LocalLink extends Losable {
  readonly folder: Folder;
  readonly census: Census;
  readonly presence: Presence;
}

/** A registry in the files of one folder: a record for each node, a socket for each process. */
export class LocalRegistry implements Registry {
  readonly #connection: () => Promise<LocalLink>;

  constructor(connection: () => Promise<LocalLink>) {
    this.#connection = connection;
  }

  /** The record lasts until its process ends, however long `ttl` is. */
  async register(node: Node, _ttl: number): Promise<void> {
    const { presence } = await this.#link();
    await presence.register(node);
  }

  async deregister(node: Node): Promise<void> {
    const { census, presence } = await this.#link();
    if (await presence.deregister(node.id)) return;
    await census.refresh();
    await Promise.all(census.filesOf(node.id).map((file) => rm(file, { force: true })));
  }

  async lookup(service: string): Promise<readonly Node[]> {
    const { census } = await this.#link();
    await census.refresh();
    return census.services.get(service) ?? [];
  }

  async list(): Promise<readonly string[]> {
    const { census } = await this.#link();
    await census.refresh();
    return [...census.services.keys()].sort();
  }

  async watch(listener: RegistryListener, service?: string): Promise<Closable> {
    const { census } = await this.#link();
    return census.watch(listener, service);
  }

  /** The link, a new one if the folder of the last one was removed. */
  async #link(): Promise<LocalLink> {
    const link = await this.#connection();
    if (await link.folder.intact()) return link;
    link.lose(new MicroError('unavailable', `the folder ${link.folder.path} is gone`));
    await link.closed;
    await new Promise((resolve) => setImmediate(resolve)); // By then the plugin has forgotten it.
    return this.#connection();
  }
}
