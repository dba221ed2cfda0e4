import { setTimeout as pause } from 'node:timers/promises';

/** How one call or publish went. */
export interface Attempted {
  readonly id: string;
  readonly began: number;
  readonly ended: number;
  /** The code of its failure. */
  readonly code: string | undefined;
}

/** Keeps `width` calls in flight until it is stopped. */
export class Load {
  readonly attempted: Attempted[] = [];
  readonly #call: (id: string) => Promise<unknown>;
  readonly #gap: number;
  readonly #lanes: Promise<void>[];
  #running = true;
  #count = 0;

  /** @param gap ms between two calls of a lane. */
  constructor(call: (id: string) => Promise<unknown>, width = 64, gap = 0) {
    this.#call = call;
    this.#gap = gap;
    this.#lanes = Array.from({ length: width }, () => this.#lane());
  }

  get failed(): readonly Attempted[] {
    return this.attempted.filter(({ code }) => code !== undefined);
  }

  get longest(): number {
    return Math.max(0, ...this.attempted.map(({ began, ended }) => ended - began));
  }

  /** Those that ended well after `since`. */
  good(since: number): number {
    return this.attempted.filter(({ code, began }) => code === undefined && began > since).length;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }

  async #lane(): Promise<void> {
    while (this.#running) {
      const id = `c${++this.#count}`;
      const began = performance.now();
      let code: string | undefined;
      try {
        await this.#call(id);
      } catch (error) {
        code = String((error as { code?: string }).code ?? error);
      }
      this.attempted.push({ id, began, ended: performance.now(), code });
      if (this.#gap > 0 || code !== undefined) await pause(Math.max(this.#gap, 5));
    }
  }
}

/** Publishes `total` events, each until the broker has taken it. @returns ids by their last attempt */
export async function publishAll(
  publish: (id: string) => Promise<void>,
  total: number,
  width = 16,
  gap = 0,
): Promise<{ refused: number; longest: number }> {
  let next = 0;
  let refused = 0;
  let longest = 0;
  const lane = async (): Promise<void> => {
    while (next < total) {
      const id = `e${next++}`;
      for (;;) {
        const began = performance.now();
        try {
          await publish(id);
          break;
        } catch {
          refused++;
          await pause(50);
        } finally {
          longest = Math.max(longest, performance.now() - began);
        }
      }
      if (gap > 0) await pause(gap);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return { refused, longest };
}
