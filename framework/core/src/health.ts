import type { Logger } from '@micro-ts/interface';
import type { KeepListener } from './keep.ts';

/** How one part of an app is: a registration, a subscription, a watch. */
export interface PartHealth {
  readonly up: boolean;
  /** The app cannot do its work without it. */
  readonly needed: boolean;
  /** Why it is down. */
  readonly reason?: string;
}

/** How an app is. `ok` if all that it needs is up. */
export interface AppHealth {
  readonly status: 'ok' | 'degraded' | 'stopping';
  readonly parts: Readonly<Record<string, PartHealth>>;
}

/** Collects what `keep` and the registrar tell; logs each change once. */
export class Health {
  readonly #logger: Logger;
  readonly #parts = new Map<string, PartHealth>();
  stopping = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A listener that reports for the part of this name. Until it is told, the part is down. */
  part(name: string, { needed }: { readonly needed: boolean }): KeepListener {
    if (needed) this.#parts.set(name, { up: false, needed, reason: 'starting' });
    let wasUp: boolean | undefined;
    return (up, reason) => {
      const text = up ? undefined : textOf(reason);
      this.#parts.set(name, { up, needed, ...(text !== undefined && { reason: text }) });
      if (this.stopping) return;
      if (!up) this.#logger.warn(`${name} is down`, { reason: text });
      else if (wasUp === false) this.#logger.info(`${name} is up again`);
      wasUp = up;
    };
  }

  forget(name: string): void {
    this.#parts.delete(name);
  }

  snapshot(): AppHealth {
    const parts = Object.fromEntries(this.#parts);
    const ok = Object.values(parts).every(({ up, needed }) => up || !needed);
    return { status: this.stopping ? 'stopping' : ok ? 'ok' : 'degraded', parts };
  }
}

const textOf = (reason: unknown): string =>
  reason === undefined ? 'closed' : reason instanceof Error ? reason.message : String(reason);
