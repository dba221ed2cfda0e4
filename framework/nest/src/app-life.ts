import { createApp, MicroError } from 'micro-ts';
import type { App as MicroApp, Config } from 'micro-ts';
import type { Serving } from './serving.ts';

/** What calls in hand may take when a life is to end soon, in ms: core cuts off after 20 s, and says so. */
const lastCalls = 15_000;

/**
 * One life of the app behind `App`: it can call from its beginning to its end, and in between it serves
 * once. So handlers, HTTP ones too, have whom they call before they serve and after.
 */
export class AppLife {
  /** Told to serve, which it may be about to. */
  serves = false;
  readonly #config: Config | undefined;
  readonly #serving: Serving;
  readonly #begun = moment();
  readonly #drained = moment();
  readonly #over = moment();
  readonly #opened: Promise<MicroApp>;
  readonly #running: Promise<MicroApp>;
  readonly #closed = moment();
  #draining: Promise<void> | undefined = undefined;

  constructor(config: Config | undefined, serving: Serving) {
    this.#config = config;
    this.#serving = serving;
    let tell!: (app: MicroApp) => void;
    const told = new Promise<MicroApp>((resolve) => (tell = resolve));
    this.#running = this.#run(tell);
    this.#opened = Promise.race([told, this.#running]);
    this.#opened.catch(() => undefined);
  }

  /** The app, when it can call. Rejects with a ConfigError for what is configured wrongly. */
  get opened(): Promise<MicroApp> {
    return this.#opened;
  }

  /** Resolves when it has closed after it was drained, by `end` or by itself. */
  get closed(): Promise<void> {
    return this.#closed.here;
  }

  /** Resolves when it serves. Rejects with why it cannot; it is closed then. */
  async serve(): Promise<void> {
    this.serves = true;
    this.#begun.come();
    await this.#running;
  }

  /**
   * Deregisters, and resolves when what is in hand is answered. It can call until `end`, but not for
   * longer than its `shutdownTimeout`.
   */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** Resolves when all is closed. If it does not serve by now it never will. */
  async end(): Promise<void> {
    this.#begun.fail(new MicroError('cancelled', 'the application ends before it serves'));
    this.#over.come();
    const app = await this.#running.catch(() => undefined);
    await app?.close();
  }

  /** Ends it when the calls in hand have had their time. */
  endSoon(): void {
    const end = (): void => void this.end().catch(() => undefined);
    const timer = setTimeout(end, lastCalls).unref();
    void this.closed.then(() => clearTimeout(timer));
  }

  async #run(opened: (app: MicroApp) => void): Promise<MicroApp> {
    const services = this.#serving.services(() => {
      this.#drained.come();
      return this.#over.here;
    });
    if (services.length === 0) this.#begun.come();
    const beforeServing = (app: MicroApp): Promise<void> => {
      opened(app);
      return this.#begun.here;
    };
    return createApp(this.#config, services, { beforeServing });
  }

  async #drain(): Promise<void> {
    const app = await this.#running.catch(() => undefined);
    const closing = app?.close();
    closing?.catch(() => undefined).finally(this.#closed.come);
    await Promise.race([this.#drained.here, closing]);
  }
}

interface Moment {
  readonly here: Promise<void>;
  come(): void;
  fail(reason: Error): void;
}

function moment(): Moment {
  let come!: () => void;
  let fail!: (reason: Error) => void;
  const here = new Promise<void>((resolve, reject) => {
    come = resolve;
    fail = reject;
  });
  here.catch(() => undefined);
  return { here, come, fail };
}
