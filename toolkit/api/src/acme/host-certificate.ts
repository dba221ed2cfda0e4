import { setTimeout as sleep } from 'node:timers/promises';
import type { SecureContext } from 'node:tls';
import type { Logger } from 'micro-ts';
import { AcmeProblem } from './acme-problem.ts';
import { readCertificate, renewAt } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { CertificateStore, Failures } from './certificate-store.ts';

/** How long to wait after failures, in ms. */
export interface Pace {
  /** After the first one that is over by itself, such as a server that is away; doubled each time. */
  readonly passing: number;
  /** After the first one that counts against the limits of the authority; doubled each time. */
  readonly refused: number;
  /** Longest. */
  readonly longest: number;
  /** How often files are looked at, which another gateway may have written. */
  readonly look: number;
}

/** Let's Encrypt takes five failures of one host an hour: this comes to four, and soon to one a day. */
export const usualPace: Pace = {
  passing: 10_000,
  refused: 600_000,
  longest: 86_400_000,
  look: 60_000,
};

/** What one host's certificate is kept by. */
export interface HostParts {
  readonly host: string;
  readonly store: CertificateStore;
  readonly issue: (signal: AbortSignal) => Promise<string>;
  readonly logger: Logger;
  readonly pace: Pace;
}

/** How one host's certificate is. */
export interface HostState {
  readonly host: string;
  /** In ms since 1970; `undefined` while there is none. */
  readonly until: number | undefined;
  readonly serial: string | undefined;
  /** Why there is none, or no newer one. */
  readonly problem: string | undefined;
}

/** The certificate of one host: got, renewed, and taken over from others who share the folder. */
export class HostCertificate {
  readonly #parts: HostParts;
  readonly #ended = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #running: Promise<void>;
  #current: Certificate | undefined;
  #text: string | undefined;
  #renewAt = 0;
  #problem: string | undefined;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  get state(): HostState {
    const { host } = this.#parts;
    const { until, serial } = this.#current ?? {};
    return { host, until, serial, problem: this.#problem };
  }

  /**
   * What to answer TLS with. While the first certificate is on its way, it is waited for.
   * @param patience in ms
   * @returns `undefined` if there is none in time, or it is known that there will be none soon
   */
  async context(patience: number): Promise<SecureContext | undefined> {
    if (this.#current !== undefined || this.#problem !== undefined) return this.#current?.context;
    let wake!: () => void;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    const late = setTimeout(wake, patience);
    await woken;
    clearTimeout(late);
    this.#waiting.delete(wake);
    return (this.#current as Certificate | undefined)?.context;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    const { pace, logger, host } = this.#parts;
    while (!signal.aborted) {
      let wait = pace.look;
      try {
        wait = Math.min(wait, await this.#step());
      } catch (error) {
        if (!signal.aborted) logger.error('certificate cannot be kept', { host, error });
      }
      this.#wake();
      await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
    this.#wake();
  }

  /** @returns how long there is nothing to do, in ms */
  async #step(): Promise<number> {
    const { host, store, pace } = this.#parts;
    await this.#load();
    const now = Date.now();
    if (now < this.#renewAt) {
      this.#problem = undefined;
      return this.#renewAt - now;
    }
    const failures = await store.readFailures(host);
    if (failures !== undefined && now < failures.nextAttempt) {
      this.#problem = failures.problem;
      return failures.nextAttempt - now;
    }
    const unlock = await store.lock(host);
    if (unlock === undefined) return Math.min(pace.look, 1_000);
    try {
      // Whoever had the lock may have got one.
      await this.#load();
      if (Date.now() >= this.#renewAt) await this.#ask(failures);
    } finally {
      await unlock();
    }
    return 0;
  }

  async #ask(before: Failures | undefined): Promise<void> {
    const { host, store, issue, logger } = this.#parts;
    const failed = before?.count ?? 0;
    // Noted before it is asked, so that a gateway that dies on the way does not ask without end.
    await this.#note(failed, this.#waitAfter(undefined, failed), 'the gateway ended on the way');
    try {
      await store.writeCertificate(host, await issue(this.#ended.signal));
      await this.#load();
      if (Date.now() >= this.#renewAt)
        throw new AcmeProblem('malformed', 'the authority signed what cannot be used');
      await store.writeFailures(host);
      const until = new Date(this.#current?.until ?? 0).toISOString();
      logger.info('certificate issued', { host, until });
    } catch (error) {
      if (this.#ended.signal.aborted) return store.writeFailures(host, before);
      const wait = this.#waitAfter(error, failed);
      const problem = error instanceof AcmeProblem ? error.message : String(error);
      await this.#note(failed, wait, problem);
      this.#problem = problem;
      const again = new Date(Date.now() + wait).toISOString();
      logger.warn('no certificate', { host, problem, again });
    }
  }

  #note(failed: number, wait: number, problem: string): Promise<void> {
    const { host, store } = this.#parts;
    const nextAttempt = Date.now() + wait;
    return store.writeFailures(host, { count: failed + 1, nextAttempt, problem });
  }

  /** @param error `undefined` for none that is known */
  #waitAfter(error: unknown, failed: number): number {
    const { passing, refused, longest } = this.#parts.pace;
    const isPassing = error === undefined || (error instanceof AcmeProblem && error.isPassing);
    const wait = (isPassing ? passing : refused) * 2 ** Math.min(failed, 20);
    const asked = error instanceof AcmeProblem ? error.retryAfter : 0;
    return Math.max(Math.min(wait, longest) * (0.75 + Math.random() / 2), asked);
  }

  /** Takes over what stands in the file; one that is broken is as good as none. */
  async #load(): Promise<void> {
    const { host, store, logger } = this.#parts;
    const text = await store.readCertificate(host);
    if (text === undefined || text === this.#text) return;
    this.#text = text;
    try {
      this.#current = readCertificate(text, host);
      this.#renewAt = renewAt(this.#current);
    } catch (error) {
      logger.warn('certificate cannot be used', { host, error });
    }
  }

  #wake(): void {
    if (this.#current === undefined && this.#problem === undefined && !this.#ended.signal.aborted)
      return;
    for (const wake of this.#waiting) wake();
  }
}
