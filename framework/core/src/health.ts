import type { Logger } from '@micro-ts/interface';
import type { KeepListener } from './keep.ts';
import { withoutSecrets } from './secrets.ts';

/** How one part of an app is: a registration, a subscription, its watches of the registry. */
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

/** One who reports for a part. */
export interface HealthPart {
  readonly told: KeepListener;
  /** It is no longer there, neither up nor down. */
  forget(): void;
}

/** What was said of a part by all who report for it: it is up if all say so. */
interface Part {
  readonly needed: boolean;
  /** Why it is down, for each who has reported; `undefined` if it is up. */
  readonly reports: Map<HealthPart, string | undefined>;
  /** What was last logged. */
  up: boolean;
}

/** Collects what `keep` tells; logs each change once, however many notice it. */
export class Health {
  readonly #logger: Logger;
  readonly #parts = new Map<string, Part>();
  stopping = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Somebody who reports for the part of this name, alone or with others. Until he does, what is needed is down. */
  part(name: string, { needed }: { readonly needed: boolean }): HealthPart {
    const report = (reason: string | undefined): void => {
      let part = this.#parts.get(name);
      if (part === undefined)
        this.#parts.set(name, (part = { needed, reports: new Map(), up: true }));
      part.reports.set(own, reason);
    };
    const own: HealthPart = {
      told: (up, reason) => {
        report(up ? undefined : textOf(reason));
        this.#note(name);
      },
      forget: () => {
        const part = this.#parts.get(name);
        part?.reports.delete(own);
        if (part?.reports.size === 0) this.#parts.delete(name);
        this.#note(name);
      },
    };
    if (needed) report('starting');
    return own;
  }

  snapshot(): AppHealth {
    const parts = Object.fromEntries([...this.#parts].map(([name, part]) => [name, stateOf(part)]));
    const ok = Object.values(parts).every(({ up, needed }) => up || !needed);
    return { status: this.stopping ? 'stopping' : ok ? 'ok' : 'degraded', parts };
  }

  #note(name: string): void {
    const part = this.#parts.get(name);
    if (part === undefined || this.stopping) return;
    const { up, reason } = stateOf(part);
    if (up === part.up) return;
    part.up = up;
    if (up) this.#logger.info(`${name} is up again`);
    else this.#logger.warn(`${name} is down`, { reason });
  }
}

function stateOf({ needed, reports }: Part): PartHealth {
  const reason = [...reports.values()].find((each) => each !== undefined);
  return { up: reason === undefined, needed, ...(reason !== undefined && { reason }) };
}

function textOf(reason: unknown): string {
  if (reason === undefined) return 'closed';
  return withoutSecrets(reason instanceof Error ? reason.message : String(reason));
}
