import { ConfigError, MicroError } from 'micro-ts';
import type { Class } from 'micro-ts';

/**
 * What `MicroServer`s serve through an app of `MicroModule`. It opens when Nest's modules begin, serves
 * when the first server listens, and when that closes it answers what is in hand and can call until
 * the module ends: so handlers, HTTP ones too, have whom they call before they serve and after.
 */
export class Serving {
  readonly #plans: (() => readonly Class[])[] = [];
  readonly #begun = moment();
  readonly #drained = moment();
  readonly #over = moment();
  #open = false;

  /**
   * Adds the services of a server, told when the app opens.
   * @throws ConfigError if the app is open already
   */
  add(plan: () => readonly Class[]): void {
    this.checkNotOpen();
    this.#plans.push(plan);
  }

  /** @throws ConfigError if the app is open already, and takes no more handlers */
  checkNotOpen(): void {
    if (!this.#open) return;
    throw new ConfigError(
      'MicroServer',
      'its app is open already, and takes no more services',
      'Connect it before nest.init() and nest.listen(), without deferInitialization.',
    );
  }

  /** All that the app serves. From now on nothing can be added. */
  services(): readonly Class[] {
    this.#open = true;
    if (this.#plans.length === 0) this.begin();
    const services = this.#plans.flatMap((plan) => plan());
    for (const { prototype } of services as readonly (Class & { readonly prototype: object })[])
      if (!('stopping' in prototype))
        Object.defineProperty(prototype, 'stopping', { value: () => this.#wait() });
    return services;
  }

  begin(): void {
    this.#begun.come();
  }

  /** Lets the app close. If it has not begun to serve it never will. */
  end(): void {
    this.#begun.fail(new MicroError('cancelled', 'the application ends before it serves'));
    this.#over.come();
  }

  /** Rejects if it ends before. */
  get begun(): Promise<void> {
    return this.#begun.here;
  }

  /** Resolves when no handler runs any more. */
  get drained(): Promise<void> {
    return this.#drained.here;
  }

  #wait(): Promise<void> {
    this.#drained.come();
    return this.#over.here;
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
