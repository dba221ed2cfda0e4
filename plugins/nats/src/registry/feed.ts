import type { Node } from '@micro-ts/interface';
import { decodeRegistryMessage } from '@micro-ts/wire';
import type { Msg, Subscription } from '@nats-io/transport-node';
import type { Asking } from './ask.ts';
import { readMark } from './heartbeat.ts';
import type { Mark } from './heartbeat.ts';

/** What somebody told of some nodes of one service. */
export interface Change {
  readonly gone: boolean;
  readonly nodes: readonly Node[];
  readonly mark: Mark | undefined;
}

/** The news of one connection, read once for all watches. */
export class Feed {
  readonly #asking: Asking;
  readonly #listeners = new Set<(change: Change) => void>();
  #listening: readonly Subscription[] = [];

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  /** @returns what ends it */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#listen();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#fallSilent();
    };
  }

  #listen(): void {
    const callback = (error: Error | null, message: Msg): void => {
      const change = error === null ? this.#read(message) : undefined;
      if (change !== undefined) for (const listener of this.#listeners) listener(change);
    };
    const { link, families } = this.#asking;
    this.#listening = families.map(({ watch }) => link.subscribe(watch, { callback }));
  }

  #fallSilent(): void {
    for (const subscription of this.#listening) subscription.unsubscribe();
    this.#listening = [];
  }

  #read(message: Msg): Change | undefined {
    try {
      const { action, nodes } = decodeRegistryMessage(message.string());
      const gone = action === 'delete';
      if (gone || action === 'create' || action === 'update') {
        return { gone, nodes, mark: readMark(message) };
      }
    } catch {
      // As what says nothing of a node.
    }
    this.#asking.garbage(message.subject);
    return undefined;
  }
}
