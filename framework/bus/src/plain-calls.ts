import { MicroError } from '@micro-ts/interface';
import type { PlainMessage } from './bus.ts';

/** Told once what became of a request. */
export interface Asked {
  readonly answered: (message: PlainMessage) => void;
  readonly nobody: () => void;
  readonly lost: (reason: MicroError) => void;
}

/** Requests to nodes of go-micro that have no answer yet, by the ids that answers carry. */
export class PlainCalls {
  readonly #byId = new Map<string, Asked>();

  add(id: string, asked: Asked): void {
    this.#byId.set(id, asked);
  }

  /** What comes for it later is dropped. */
  take(id: string): Asked | undefined {
    const asked = this.#byId.get(id);
    this.#byId.delete(id);
    return asked;
  }

  lose(cause: unknown): void {
    const reason = new MicroError('unavailable', 'the bus is gone', { cause });
    for (const asked of [...this.#byId.values()]) asked.lost(reason);
    this.#byId.clear();
  }
}
