import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerUnderTest } from '../server-under-test.ts';
import { Guarded } from './guarded.ts';
import type { Place, Recipe, ServerKind } from './recipes.ts';

/** What a server is run with. */
export interface Run {
  readonly kind: ServerKind;
  readonly recipe: Recipe;
  readonly program: string;
  readonly place: Place;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A real server in a process of its own, on loopback, in a temporary folder. */
export class TestServer implements ServerUnderTest {
  readonly kind: ServerKind;
  readonly host = '127.0.0.1';
  readonly port: number;
  /** What a plugin is given to reach it. */
  readonly url: string;
  readonly folder: string;
  readonly #run: Run;
  #process: Guarded | undefined = undefined;
  #ready = false;
  #died: string | undefined = undefined;
  #failed = false;

  constructor(run: Run) {
    const [port = 0] = run.place.ports;
    this.kind = run.kind;
    this.port = port;
    this.url = run.recipe.url(port);
    this.folder = run.place.folder;
    this.#run = run;
  }

  /** What it has written so far. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** How it ended though nobody stopped it; `undefined` while it runs, and after `stop`. */
  get died(): string | undefined {
    return this.#died;
  }

  /**
   * Starts it on the same ports, with what it kept; resolves when it answers.
   * @throws Error with the end of its log if it does not
   */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    this.#died = undefined;
    this.#ready = false;
    this.#process = this.#spawn();
    const { recipe } = this.#run;
    const start = performance.now();
    // What answers may be another's, where ours could not have the port.
    while (!(await recipe.ready(this.port)) || this.#died !== undefined) {
      const late = performance.now() - start > recipe.patience;
      if (this.#died === undefined && !late) {
        await pause(25);
        continue;
      }
      this.#failed = true;
      const why = this.#died ?? `no answer in ${recipe.patience} ms`;
      await this.stop();
      throw new Error(
        `${this.kind} did not start: ${why}. Its log, ${this.#logFile}, ends:\n` +
          this.log.slice(-2_000),
      );
    }
    this.#ready = true;
  }

  /** Kills it with SIGKILL; resolves when it is gone. What it kept stays. */
  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    this.#died = undefined;
    await running?.kill();
  }

  /** Takes away what it kept; to be called while it is stopped. */
  async wipe(): Promise<void> {
    rmSync(join(this.folder, this.#run.recipe.data), { recursive: true, force: true });
  }

  /** SIGSTOP: its sockets stay open, and nothing answers. */
  async freeze(): Promise<void> {
    await this.#process?.freeze();
  }

  async thaw(): Promise<void> {
    this.#process?.signal('SIGCONT');
  }

  /** Kills it and removes its folder, unless it failed: then its log is worth reading. */
  async close(): Promise<void> {
    await this.stop();
    if (!this.#failed) rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #logFile(): string {
    return join(this.folder, 'server.log');
  }

  #spawn(): Guarded {
    const { recipe, program, args, env } = this.#run;
    const log = openSync(this.#logFile, 'a');
    const { folder } = this;
    const spawned = new Guarded({ program, args, script: recipe.script, folder, log, env });
    closeSync(log);
    const ended = (how: string): void => {
      if (this.#process === spawned) this.#lost(spawned, how);
    };
    spawned.child.once('exit', (code, signal) => ended(`it ended with ${code ?? signal}`));
    spawned.child.once('error', (error) => ended(error.message));
    return spawned;
  }

  /** It ended by itself: `start` starts it anew, and what it wrote is kept. */
  #lost(ended: Guarded, how: string): void {
    this.#process = undefined;
    this.#died = how;
    this.#failed = true;
    void ended.kill();
    // A runner's console says nothing between tests.
    if (this.#ready)
      process.stderr.write(`${this.kind} of a test: ${how}. Its log: ${this.#logFile}\n`);
  }
}
