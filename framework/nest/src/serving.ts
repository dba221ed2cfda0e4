import { ConfigError } from 'micro-ts';
import type { Class } from 'micro-ts';

/** What `MicroServer`s serve through the app of `MicroModule`. */
export class Serving {
  readonly #plans: (() => readonly Class[])[] = [];
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

  /**
   * All that the app serves. From now on nothing can be added.
   * @param stopping what each of them waits for before it stops
   */
  services(stopping: () => Promise<void>): readonly Class[] {
    this.#open = true;
    const services = this.#plans.flatMap((plan) => plan());
    for (const { prototype } of services as readonly (Class & { readonly prototype: object })[])
      if (!('stopping' in prototype))
        Object.defineProperty(prototype, 'stopping', { value: stopping });
    return services;
  }
}
