import { dirname, sep } from 'node:path';
import { launch } from './launch.ts';
import type { End, Launched, LaunchParts } from './launch.ts';
import type { ServedNode } from './messages.ts';
import type { Program } from './program.ts';

/** What a supervisor needs besides its program. */
export interface SupervisorParts extends LaunchParts {
  /** How long a process may take to stop before it is killed, in ms. */
  readonly stopTimeout: number;
  /** Told when the program is up, down or has ended, and what it has loaded may be more. */
  readonly changed: () => void;
}

/** `down`: it failed, and is started again. `ended`: it has done its work. */
export type State = 'starting' | 'up' | 'down' | 'ended';

/** A process that tells of no app counts as up after this many ms: at first, and when it takes a place. */
const quiet = { first: 8_000, later: 2_000 } as const;
/** One that serves less than the one before may have more to come, for this many ms. */
const more = 1_000;
/** After this many ms up, a crash is the first one again. */
const steady = 10_000;
const firstPause = 250;
const longestPause = 10_000;

/** Files that change how a program starts, wherever above it they are. */
const settings = /(^|[\\/])(micro\.config\.\w+|package\.json|tsconfig[^\\/]*\.json|\.env[^\\/]*)$/;

/**
 * Keeps a program running: starts it again when it crashes, and beside itself when it changes. The
 * process that serves is stopped only when the new one serves, so no call is lost, and none goes to
 * one that does not start.
 */
export class Supervisor {
  readonly program: Program;
  state: State = 'starting';
  readonly #parts: SupervisorParts;
  /** The one that is up. */
  #current: Launched | undefined;
  /** The one that is on its way. */
  #next: Launched | undefined;
  /** Those that are being stopped. */
  readonly #leaving = new Set<Launched>();
  /** What the last one loaded that did not come up. */
  #broken: Launched | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #changes = 0;
  #stopping = false;
  /** Two of it cannot run at once: they want the same port. */
  #alone = false;

  constructor(program: Program, parts: SupervisorParts) {
    this.program = program;
    this.#parts = parts;
  }

  get nodes(): readonly ServedNode[] {
    return this.#current?.nodes ?? [];
  }

  /** Own files that it has loaded, or tried to. */
  get files(): ReadonlySet<string> {
    const all = [this.#current, this.#next, this.#broken].flatMap((each) => [
      ...(each?.files ?? []),
    ]);
    return new Set([this.program.file, ...all]);
  }

  start(): void {
    clearTimeout(this.#retry);
    const next = launch(this.program, this.#parts);
    this.#next = next;
    const patience = this.#current === undefined ? quiet.first : quiet.later;
    const silent = setTimeout(() => {
      if (this.nodes.length === 0) this.#enter(next);
    }, patience).unref();
    next.onServing = () => this.#serves(next);
    void next.ended.then((end) => {
      clearTimeout(silent);
      this.#ended(next, end);
    });
  }

  /** True if the program has to be started again because of this file. */
  dependsOn(file: string): boolean {
    if (settings.test(file) && this.program.file.startsWith(dirname(file) + sep)) return true;
    if (this.files.has(file)) return true;
    // What was missing may be there now.
    return this.#broken !== undefined && file.startsWith(this.program.folder + sep);
  }

  /** A file of it has changed. */
  async renew(): Promise<void> {
    if (this.#stopping) return;
    const change = ++this.#changes;
    clearTimeout(this.#retry);
    this.#failures = 0;
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) void this.#leave(next, next.nodes.length === 0 ? 0 : undefined);
    const before = this.#current;
    if (this.#alone && before !== undefined) {
      this.#current = undefined;
      await this.#leave(before);
      if (change !== this.#changes || this.#stopping) return;
    }
    this.start();
  }

  /** Stops it for good. @returns true if it ended by itself and in peace */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    const all = [this.#current, this.#next, ...this.#leaving].filter((each) => each !== undefined);
    const ends = await Promise.all(all.map((each) => this.#leave(each)));
    return ends.every(({ code, killed }) => !killed && (code === 0 || code === null));
  }

  /** Stops it now. */
  kill(): void {
    for (const each of [this.#current, this.#next, ...this.#leaving]) void each?.stop(0);
  }

  #serves(next: Launched): void {
    if (next !== this.#next) return;
    const served = new Set(next.nodes.map(({ service }) => service));
    if (this.nodes.every(({ service }) => served.has(service))) this.#enter(next);
    else setTimeout(() => this.#enter(next), more).unref();
  }

  /** The new one takes the place of the old one. */
  #enter(next: Launched): void {
    if (next !== this.#next) return;
    const before = this.#current;
    [this.#current, this.#next, this.#broken] = [next, undefined, undefined];
    this.state = 'up';
    const took = seconds(performance.now() - next.began);
    if (before !== undefined || this.#failures > 0) this.#say(`is up again after ${took}`);
    if (before !== undefined) void this.#leave(before);
    this.#parts.changed();
  }

  async #leave(launched: Launched, timeout = this.#parts.stopTimeout) {
    this.#leaving.add(launched);
    const end = await launched.stop(timeout);
    this.#leaving.delete(launched);
    if (end.killed && timeout > 0) this.#say(`did not stop in ${seconds(timeout)}, and was killed`);
    return end;
  }

  #ended(launched: Launched, end: End): void {
    const early = launched === this.#next;
    if (early) [this.#next, this.#broken] = [undefined, end.code === 0 ? undefined : launched];
    else if (launched !== this.#current || this.#leaving.has(launched)) return;
    else this.#current = undefined;
    if (this.#stopping) return;
    if (early && this.#current !== undefined) this.#keep(end);
    else if (end.code === 0) this.#finish();
    else if (this.#next === undefined) this.#fail(launched, end);
    this.#parts.changed();
  }

  /** The new one does not come up: the old one goes on, unless it stands in its way. */
  #keep({ portTaken }: End): void {
    if (portTaken && !this.#alone) {
      this.#alone = true;
      this.#say('wants a port of its own: from now on it is stopped before it is started again');
      void this.renew();
    } else this.#say('does not start as it is now; the one before goes on');
  }

  #finish(): void {
    this.state = 'ended';
    this.#say('has ended');
  }

  #fail({ began }: Launched, end: End): void {
    if (this.state === 'up' && performance.now() - began > steady) this.#failures = 0;
    this.state = 'down';
    const pause =
      Math.min(longestPause, firstPause * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    const how = end.signal === null ? `with code ${end.code}` : `by ${end.signal}`;
    const times = this.#failures === 1 ? '' : `, ${this.#failures} times in a row`;
    this.#say(`ended ${how}${times}; starts again in ${seconds(pause)}`);
    this.#retry = setTimeout(() => this.start(), pause);
  }

  #say(text: string): void {
    this.#parts.log.say(`${this.program.name} ${text}`);
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
