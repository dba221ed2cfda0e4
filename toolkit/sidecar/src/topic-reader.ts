import { ConfigError, Raw } from 'micro-ts';
import { refusal } from '@micro-ts/edge';
import type { App, Closable, Guarantee } from 'micro-ts';
import { textOf } from './text-of.ts';
import type { Arrived } from './event-frame.ts';

/** Takes an event; resolves when the client has it, or is gone. */
export type Take = (arrived: Arrived) => Promise<void>;

/** What a client wants to hear. */
export interface Hearing {
  readonly topic: string;
  readonly queue: string | undefined;
  readonly delivery: Guarantee | undefined;
}

/** Events on their way to one client at once: a slow one holds back no more than these. */
const inHand = 16;

/** A subscription that waits for its client: opened first, so that it can be refused as a request. */
export class TopicReader {
  #take!: (take: Take) => void;
  readonly #taken = new Promise<Take>((resolve) => (this.#take = resolve));
  #subscription: Closable | undefined = undefined;
  #closed = false;

  /** @throws MicroError `unimplemented` if the broker cannot do what is asked */
  static async open(app: App, { topic, queue, delivery }: Hearing): Promise<TopicReader> {
    const reader = new TopicReader();
    const options = { queue, delivery, raw: true, concurrency: inHand };
    try {
      reader.#subscription = await app.subscribe(
        topic,
        async (event, { endpoint, metadata }) => {
          const take = await reader.#taken;
          if (event instanceof Raw) await take({ topic: endpoint, metadata, event });
        },
        options,
      );
    } catch (error) {
      if (error instanceof ConfigError) throw refusal('unimplemented', textOf(error));
      throw error;
    }
    return reader;
  }

  /** From now on events go there. */
  read(take: Take): void {
    this.#take(async (arrived) => {
      if (!this.#closed) return take(arrived);
      throw refusal('unavailable', 'the subscriber has gone');
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.read(async () => undefined);
    void this.#subscription?.close().catch(() => undefined);
  }
}
