import { MicroError } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { encodeRecord } from '@micro-ts/wire';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordNames } from './names.ts';
import { openSocket } from './socket.ts';
import type { OpenSocket } from './socket.ts';

/** A node of this process: its record, and the file that holds it. */
interface Owned {
  readonly text: string;
  readonly file: string;
}

/**
 * What this process shows of itself in the folder: a socket, and a file for each of its nodes. It
 * opens the socket with the first node, so that a process that only looks leaves nothing there.
 */
export class Presence {
  readonly #folder: string;
  readonly #owned = new Map<string, Owned>();
  #socket: OpenSocket | undefined;
  #number = 0;
  #closed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the record be there: writes it, mends it, or only touches it, as the case may be. */
  register(node: Node): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) throw new MicroError('unavailable', 'the registry is closed');
      const text = encodeRecord(node);
      const known = this.#owned.get(node.id);
      if (known?.text !== text) await this.#write(node.id, text);
      else await this.#mend(node.id, known);
      // Whoever finds a socket between its making and its first accept takes it for a dead one's.
      for (let left = 3; !(await this.#socket?.intact()); left -= 1) {
        if (left === 0) throw new MicroError('unavailable', `sockets vanish from ${this.#folder}`);
        await this.#move();
      }
      await this.#socket?.touch();
    });
  }

  /** Removes the record; true if it was one of this process. */
  deregister(id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const known = this.#owned.get(id);
      this.#owned.delete(id);
      await this.#remove(known?.file);
      return known !== undefined;
    });
  }

  /** Takes all of it away: first the records, then the socket that proves them. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      const files = [...this.#owned.values()].map(({ file }) => this.#remove(file));
      this.#owned.clear();
      await Promise.allSettled(files);
      await this.#socket?.close();
      this.#socket = undefined;
    });
  }

  async #write(id: string, text: string): Promise<void> {
    this.#socket ??= await openSocket(this.#folder);
    this.#number += 1;
    const { file, draft } = recordNames(this.#socket.process, this.#number);
    try {
      await writeFile(join(this.#folder, draft), text, { flag: 'wx', mode: 0o600 });
      await rename(join(this.#folder, draft), join(this.#folder, file));
    } catch (error) {
      await this.#remove(draft).catch(() => undefined);
      throw error;
    }
    const before = this.#owned.get(id)?.file;
    this.#owned.set(id, { text, file });
    await this.#remove(before);
  }

  /** Somebody may have removed the file, or written to it. */
  async #mend(id: string, { text, file }: Owned): Promise<void> {
    const path = join(this.#folder, file);
    const found = await readFile(path, 'utf8').catch(() => undefined);
    const proven = this.#socket !== undefined && file.startsWith(this.#socket.process);
    if (found !== text || !proven) return this.#write(id, text);
    const now = new Date();
    await utimes(path, now, now);
  }

  /** Shows all of it again under a new name, then takes the old away. */
  async #move(): Promise<void> {
    const before = this.#socket;
    this.#socket = await openSocket(this.#folder);
    try {
      for (const [id, { text }] of this.#owned) await this.#write(id, text);
    } finally {
      await before?.close();
    }
  }

  async #remove(file: string | undefined): Promise<void> {
    if (file !== undefined) await rm(join(this.#folder, file), { force: true });
  }

  /** One change after another, whatever became of the one before. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(change);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
