// Programs of go-micro and of Micro that talk to each other, each in a process of its own.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { bundle, goProgram, needsGo } from '@micro-ts/testing/servers';

const fixture = join(__dirname, '..', 'fixtures', 'go-micro');

/** A figure beside the test that it belongs to. */
export const report = (text: string): void => void process.stdout.write(`    go-micro: ${text}\n`);

/** What a program tells of itself. */
export type Told = Readonly<Record<string, unknown>>;

/** What went wrong over there. */
export class PeerError extends Error {
  readonly told: Told;

  constructor(told: Told) {
    super(JSON.stringify(told));
    this.told = told;
  }
}

/** One program at work. */
export class Peer {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly events: Told[] = [];
  /** What it printed on stderr. */
  log = '';
  readonly #waiting = new Map<number, (answer: Told) => void>();
  #count = 0;

  constructor(command: string, args: readonly string[]) {
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr?.on('data', (chunk) => (this.log += String(chunk)));
    this.child.stdin?.on('error', () => undefined);
    this.child.on('error', ({ message }) => (this.log += message));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      const number = told['number'] as number | undefined;
      if (number === undefined) this.events.push(told);
      else this.#waiting.get(number)?.(told);
    });
    void this.ended.then(() => {
      for (const settle of this.#waiting.values()) settle({ error: { message: this.log } });
    });
  }

  /** Has it do something; rejects with a {@link PeerError}. */
  async do(what: string, more: object = {}): Promise<unknown> {
    const number = ++this.#count;
    const answered = new Promise<Told>((resolve) => this.#waiting.set(number, resolve));
    this.child.stdin?.write(`${JSON.stringify({ number, do: what, ...more })}\n`);
    const { value, error } = await answered;
    this.#waiting.delete(number);
    if (error !== undefined) throw new PeerError(error as Told);
    return value;
  }

  /** The first event of a kind; waits for it. */
  async event(kind: string, test: (told: Told) => boolean = () => true): Promise<Told> {
    const began = performance.now();
    for (;;) {
      const found = this.events.find((told) => told['event'] === kind && test(told));
      if (found !== undefined) return found;
      if (performance.now() - began > 15_000 || this.child.exitCode !== null)
        throw new Error(`never ${kind}: ${JSON.stringify(this.events)} ${this.log}`);
      await pause(5);
    }
  }
}

const program = goProgram({ folder: fixture, name: 'go-micro' });

/** Programs of a group of tests. */
export class Peers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'go-micro-'));
  readonly #script = bundle(join(fixture, 'peer.ts'), this.#folder);
  readonly #within: readonly string[];
  readonly #all: Peer[] = [];

  /** @param within a command that runs them somewhere else */
  constructor(within: readonly string[] = []) {
    this.#within = within;
  }

  /** Starts a program of go-micro. */
  go(...args: readonly string[]): Promise<Peer> {
    return this.#start('path' in program ? program.path : '', args);
  }

  /** Starts a program of Micro. */
  ts(...args: readonly string[]): Promise<Peer> {
    return this.#start(process.execPath, [this.#script, ...args]);
  }

  async #start(path: string, args: readonly string[]): Promise<Peer> {
    const [command = path, ...rest] = [...this.#within, path, ...args];
    const peer = new Peer(command, rest);
    this.#all.push(peer);
    await peer.event('ready');
    return peer;
  }

  async close(): Promise<void> {
    for (const { child } of this.#all) child.kill('SIGKILL');
    await Promise.all(this.#all.map(({ ended }) => ended));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `describe`, or a visible skip with the reason where the program cannot be had. */
export const describeWithGo = needsGo(describe, program);

/** A loopback interface with multicast, which no other process has. */
const setUp =
  'ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo src 127.0.0.1 && echo ready';

/** How a network is made and entered here: as root, or as anybody where the system lets them. */
function networkTools(): { make: readonly string[]; enter: readonly string[] } | undefined {
  const ways = [
    { make: ['-n'], enter: ['-n'] },
    { make: ['-r', '-n'], enter: ['-U', '-n', '--preserve-credentials'] },
  ];
  return ways.find(({ make }) => {
    const tried = spawnSync('unshare', [...make, 'sh', '-c', `${setUp} && nsenter -n -t $$ true`]);
    return tried.status === 0;
  });
}

/** A network namespace, which ends with this process. */
export class Network {
  readonly #holder: ChildProcess;
  readonly #enter: readonly string[];

  private constructor(holder: ChildProcess, enter: readonly string[]) {
    this.#holder = holder;
    this.#enter = enter;
  }

  static async open(): Promise<Network> {
    const { make, enter } = networkTools() ?? { make: [], enter: [] };
    // It reads until its standard input ends, however this process does.
    const holder = spawn('unshare', [...make, 'sh', '-c', `${setUp} && exec cat`]);
    await new Promise((resolve, reject) => {
      holder.stdout.once('data', resolve);
      holder.once('exit', () => reject(new Error('there is no such network')));
    });
    return new Network(holder, enter);
  }

  /** The command that runs a program in it. */
  get within(): readonly string[] {
    return ['nsenter', '-t', String(this.#holder.pid), ...this.#enter];
  }

  close(): void {
    this.#holder.kill('SIGKILL');
  }
}

/** {@link describeWithGo}, where the test can have a network of its own. */
export function describeInNetwork(name: string, tests: () => void): void {
  if ('lacking' in program || networkTools() !== undefined) return describeWithGo(name, tests);
  const reason = 'no network namespace can be made here';
  process.stderr.write(`    go-micro: skipped: ${reason}\n`);
  describe.skip(`${name} (skipped: ${reason})`, tests);
}
