import type { App, Closable, Logger, Node } from 'micro-ts';
import { textOf } from './text-of.ts';
import type { Probe } from './probe.ts';

/** How apps are checked. Times in ms. */
export interface Checking {
  readonly interval: number;
  readonly timeout: number;
  /** Failed checks in a row after which an app is deregistered. */
  readonly threshold: number;
}

/** What a registration stands on. */
export interface RegistrationParts {
  readonly app: App;
  readonly logger: Logger;
  readonly checking: Checking;
}

/** What is to be registered, and how it is looked at. */
export interface RegistrationRequest {
  readonly node: Node;
  /** How long the record outlives this process, in ms. */
  readonly ttl: number;
  /** Without one it is registered until somebody says otherwise. */
  readonly probe: Probe | undefined;
  /** What the probe was made of. */
  readonly healthcheck: string | undefined;
}

/** How long a record outlives this process unless somebody says otherwise, in ms. */
export const usualTtl = 30_000;

/** How often an app is looked at that is waited for, in ms. */
const restless = 1_000;

/** One app's node: registered while the app is well, and looked at from time to time. */
export class Registration {
  readonly node: Node;
  readonly #parts: RegistrationParts;
  readonly #request: RegistrationRequest;
  #kept: Closable | undefined = undefined;
  #failures = 0;
  #failing: string | undefined = undefined;
  #since = performance.now();
  #timer: NodeJS.Timeout | undefined = undefined;
  #closed = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(request: RegistrationRequest, parts: RegistrationParts) {
    this.node = request.node;
    this.#request = request;
    this.#parts = parts;
  }

  /** Why it is not registered; `undefined` if it is. */
  get problem(): string | undefined {
    if (this.#kept === undefined) return this.#failing ?? 'not checked yet';
    const part = this.#parts.app.health().parts[`registration ${this.node.id}`];
    return part?.up === false ? (part.reason ?? 'the registry cannot be reached') : undefined;
  }

  /** For how long it has not been registered because the app is not well, in ms. */
  get goneFor(): number {
    return this.#kept === undefined ? performance.now() - this.#since : 0;
  }

  /** True if nothing would change by registering this. */
  is({ node, ttl, healthcheck }: RegistrationRequest): boolean {
    const known = this.#request;
    if (ttl !== known.ttl || healthcheck !== known.healthcheck) return false;
    return JSON.stringify(node) === JSON.stringify(known.node);
  }

  /** Looks at the app now, and then again and again; resolves when the first look is over. */
  check(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#look());
    return this.#turn;
  }

  /** Deregisters it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#turn;
    await this.#leave();
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const { checking } = this.#parts;
    try {
      await this.#request.probe?.(checking.timeout);
      this.#failures = 0;
      this.#failing = undefined;
      await this.#join();
    } catch (error) {
      this.#failing = textOf(error);
      this.#failures++;
      if (this.#failures >= checking.threshold) await this.#leave();
    }
    if (this.#closed || this.#request.probe === undefined) return;
    const interval =
      this.#kept === undefined ? Math.min(checking.interval, restless) : checking.interval;
    this.#timer = setTimeout(() => void this.check(), jittered(interval)).unref();
  }

  async #join(): Promise<void> {
    if (this.#kept !== undefined || this.#closed) return;
    const { app, logger } = this.#parts;
    const { node, ttl } = this.#request;
    this.#kept = await app.register(node, ttl);
    logger.info(`${node.id} is registered`, { address: node.address });
  }

  async #leave(): Promise<void> {
    const kept = this.#kept;
    if (kept === undefined) return;
    this.#kept = undefined;
    this.#since = performance.now();
    const { logger } = this.#parts;
    logger.info(`${this.node.id} is deregistered`, { reason: this.#failing });
    await kept.close().catch((error: unknown) => {
      logger.warn(`${this.node.id} cannot be deregistered`, { reason: textOf(error) });
    });
  }
}

/** Many apps are not looked at in the same moment. */
const jittered = (interval: number): number => interval * (0.9 + Math.random() * 0.1);
