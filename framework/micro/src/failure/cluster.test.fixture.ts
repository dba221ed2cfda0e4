// Nodes in processes of their own, and a client of them in this one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { App, Client } from '@micro-ts/core';
import { createApp } from '../create-app.ts';
import type { Config } from '../config.ts';
import { build, start } from '../programs.test.fixture.ts';
import type { Program } from '../programs.test.fixture.ts';
import type { Ledger } from './ledger.test.fixture.ts';

/** Waits for what must come; ten seconds at most. */
export async function until(what: string, test: () => boolean, ms = 10_000): Promise<void> {
  const began = performance.now();
  while (!test()) {
    if (performance.now() - began > ms) throw new Error(`never: ${what}`);
    await pause(5);
  }
}

/** Prints a figure beside the test that it belongs to. */
export const report = (text: string): void => void process.stdout.write(`    ${text}\n`);

/** Over which protocol the calls go. */
export const protocols = ['frames', 'HTTP'] as const;
export type Protocol = (typeof protocols)[number];

/** A folder with a registry and a ledger, and what is needed to start nodes in it. */
export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  readonly ledgerFile = join(this.folder, 'ledger.txt');
  readonly config: Config;
  readonly #program: string;
  readonly #nodes = new Set<Program>();
  readonly #apps = new Set<App>();

  constructor(protocol: Protocol, options: Partial<Config> = {}) {
    const registry = ['local', { folder: join(this.folder, 'r') }] as const;
    const transport = ['http', { frames: protocol === 'frames' }] as const;
    this.config = { registry, transport, log: 'error', ...options };
    const folder = join(this.folder, 'program');
    build(folder, 'failure/ledger');
    this.#program = join(folder, 'ledger.test.fixture.mjs');
    writeFileSync(this.ledgerFile, '');
  }

  /** Starts a node; resolves when it is registered. */
  async node(): Promise<Program> {
    const env = { LEDGER_FILE: this.ledgerFile, LEDGER_CONFIG: JSON.stringify(this.config) };
    const node = start(this.#program, { env });
    this.#nodes.add(node);
    await node.prints(/listening/);
    return node;
  }

  /** A client that knows `nodes` nodes. */
  async client(nodes: number, config: Partial<Config> = {}): Promise<Client<Ledger>> {
    const app = await createApp({ ...this.config, ...config });
    this.#apps.add(app);
    await this.#wait(app, nodes);
    return app.client<Ledger>('ledger');
  }

  async #wait(app: App, nodes: number): Promise<void> {
    for (let left = 400; ; left--) {
      if ((await app.lookup('ledger')).length === nodes) return;
      if (left === 0) throw new Error(`never ${nodes} nodes`);
      await pause(10);
    }
  }

  /** The lines of the ledger, by id. */
  ledger(): Map<string, string[]> {
    const ran = new Map<string, string[]>();
    for (const line of readFileSync(this.ledgerFile, 'utf8').split('\n')) {
      const [id = '', ...rest] = line.split(' ');
      if (id !== '') ran.set(id, [...(ran.get(id) ?? []), rest.join(' ')]);
    }
    return ran;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#apps].map((app) => app.close()));
    for (const { process } of this.#nodes) process.kill('SIGKILL');
    await Promise.all([...this.#nodes].map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** How one call of a {@link Load} went. */
export interface Outcome {
  readonly id: string;
  readonly began: number;
  readonly ended: number;
  /** Absent if it was answered. */
  readonly code?: string;
  readonly pid?: number;
}

type Call = (id: string) => Promise<{ pid: number }>;

/** Keeps `width` calls in flight until it is stopped. */
export class Load {
  readonly outcomes: Outcome[] = [];
  #running = true;
  #count = 0;
  readonly #lanes: Promise<void>[];

  constructor(call: Call, width = 64) {
    this.#lanes = Array.from({ length: width }, () => this.#lane(call));
  }

  async #lane(call: Call): Promise<void> {
    while (this.#running) {
      const id = `c${++this.#count}`;
      const began = performance.now();
      try {
        const { pid } = await call(id);
        this.outcomes.push({ id, began, ended: performance.now(), pid });
      } catch (error) {
        const code = String((error as { code?: string }).code ?? error);
        this.outcomes.push({ id, began, ended: performance.now(), code });
        await pause(1);
      }
    }
  }

  get failed(): Outcome[] {
    return this.outcomes.filter(({ code }) => code !== undefined);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }
}

/** Ids of the calls that ran more than once. */
export const ranTwice = (ledger: ReadonlyMap<string, readonly string[]>): string[] =>
  [...ledger].filter(([, lines]) => lines.length > 1).map(([id]) => id);
