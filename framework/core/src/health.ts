import { errorCodes, MicroError } from '@micro-ts/interface';
import type { ErrorCode, Logger } from '@micro-ts/interface';
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

/** Why somebody's part is down. */
interface Down {
  readonly reason: string;
  readonly code: ErrorCode;
}

/** Until the first attempt to open it has ended. */
const starting: Down = { reason: 'starting', code: 'unavailable' };

/** What was said of a part by all who report for it: it is up if all say so. */
interface Part {
  readonly needed: boolean;
  /** Why it is down, for each who has reported; `undefined` if it is up. */
  readonly reports: Map<HealthPart, Down | undefined>;
  /** What was logged since it was up. */
  readonly logged: Set<ErrorCode>;
}

/**
 * Collects what `keep` tells; logs each change once, however many notice it. What is down for a reason
 * that will not pass by itself is told even if it was down before: a password that is no longer right.
 */
export class Health {
  readonly #logger: Logger;
  readonly #parts = new Map<string, Part>();
  stopping = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Somebody who reports for the part of this name, alone or with others. Until he does, what is needed is down. */
  part(name: string, { needed }: { readonly needed: boolean }): HealthPart {
    const report = (down: Down | undefined): void => {
      let part = this.#parts.get(name);
      if (part === undefined)
        this.#parts.set(name, (part = { needed, reports: new Map(), logged: new Set() }));
      part.reports.set(own, down);
    };
    const own: HealthPart = {
      told: (up, reason) => {
        report(up ? undefined : downBy(reason));
        this.#note(name);
      },
      forget: () => {
        const part = this.#parts.get(name);
        part?.reports.delete(own);
        if (part?.reports.size === 0) this.#parts.delete(name);
        this.#note(name);
      },
    };
    if (needed) report(starting);
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
    const { logged } = part;
    const down = downOf(part);
    if (down === undefined) {
      if (logged.size > 0) this.#logger.info(`${name} is up again`);
      return logged.clear();
    }
    const { code, reason } = down;
    if (down === starting || logged.has(code) || (logged.size > 0 && errorCodes[code].retry))
      return;
    logged.add(code);
    this.#logger.warn(`${name} is down`, { reason });
  }
}

const downOf = ({ reports }: Part): Down | undefined =>
  [...reports.values()].find((each) => each !== undefined);

function stateOf(part: Part): PartHealth {
  const reason = downOf(part)?.reason;
  return { up: reason === undefined, needed: part.needed, ...(reason !== undefined && { reason }) };
}

function downBy(reason: unknown): Down {
  const { code } = MicroError.from(reason, 'unavailable');
  if (reason === undefined) return { reason: 'closed', code };
  return {
    reason: withoutSecrets(reason instanceof Error ? reason.message : String(reason)),
    code,
  };
}
