import { MicroError } from '@micro-ts/interface';
import type { Logger } from '@micro-ts/interface';
import type { Health } from './health.ts';
import type { KeepListener, Kept } from './keep.ts';

/** What somebody keeps open, of one kind: registrations, subscriptions, watches. */
export class Holdings {
  readonly #health: Health;
  readonly #logger: Logger;
  readonly #kept = new Map<Kept, string>();
  #closed = false;

  constructor(health: Health, logger: Logger) {
    this.#health = health;
    this.#logger = logger;
  }

  /**
   * Opens one, which reports to health as `part`. Resolves when the first attempt has ended; from
   * then on it is kept open until it is closed.
   * @throws ConfigError if it is configured wrongly; then it is not kept
   * @throws MicroError `unavailable` once all are closed
   */
  async open(part: string, needed: boolean, open: (told: KeepListener) => Kept): Promise<Kept> {
    if (this.#closed) throw new MicroError('unavailable', 'the app is closed', { refused: true });
    const report = this.#health.part(part, { needed });
    const kept = open(report.told);
    this.#kept.set(kept, part);
    void kept.closed.then(() => {
      this.#kept.delete(kept);
      report.forget();
    });
    try {
      await kept.tried;
    } catch (error) {
      await kept.close().catch(() => undefined);
      throw error;
    }
    return kept;
  }

  /** Closes all, for good. What cannot be closed is logged. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    const closing = [...this.#kept].map(([kept, part]) =>
      kept.close().catch((error: unknown) => {
        this.#logger.warn(`${part} cannot be closed`, { error });
      }),
    );
    await Promise.all(closing);
  }
}
