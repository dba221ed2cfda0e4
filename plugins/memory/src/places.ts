import { MicroError } from '@micro-ts/interface';
import type { MemoryListener } from './memory-listener.ts';

/** The addresses of a network, and who listens there. */
export class Places {
  readonly #listeners = new Map<string, MemoryListener>();
  #last = 0;

  at(address: string): MemoryListener | undefined {
    return this.#listeners.get(address);
  }

  take(address: string, listener: MemoryListener): void {
    this.#listeners.set(address, listener);
  }

  leave(address: string): void {
    this.#listeners.delete(address);
  }

  /**
   * A free address for what was asked: any for port 0, the first free port of a range.
   * @throws MicroError `unavailable` if there is none.
   */
  free(asked: string): string {
    const [, host = '', first = '0', last = first] = /^(.*):(\d+)(?:-(\d+))?$/.exec(asked) ?? [];
    if (Number(first) === 0) return `memory:${(this.#last += 1)}`;
    for (let port = Number(first); port <= Number(last); port += 1) {
      const address = `${host}:${port}`;
      if (!this.#listeners.has(address)) return address;
    }
    throw new MicroError('unavailable', `${asked} is in use`);
  }
}
