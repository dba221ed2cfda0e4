import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from 'micro-ts';
import { until } from './until.ts';

/** How a program of TypeScript is run as it is. */
export const source = ['--conditions=@micro-ts/source', '--import', 'tsx'];

/** A process of a scenario. */
export interface Member {
  readonly process: ChildProcess;
  /** What it logged, a line each. */
  readonly log: readonly string[];
  readonly ended: Promise<number | string | null>;
}

/** What the processes of a scenario logged. */
export interface Logs {
  readonly all: readonly string[];
  readonly unhandled: readonly string[];
  readonly most: number;
}

/** The processes of one scenario, and the file in which they write what they did. */
export class Members {
  readonly folder = mkdtempSync(join(tmpdir(), 'micro-reliability-'));
  readonly #ledger = join(this.folder, 'ledger.txt');
  readonly #all = new Set<Member>();

  constructor() {
    writeFileSync(this.#ledger, '');
  }

  /** Starts a process; resolves when it serves. @param eventMs how long it works on an event */
  async start(config: Config, services = 'Ledger', eventMs = 0): Promise<Member> {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const child = spawn(process.execPath, [...source, join(__dirname, 'member.program.ts')], {
      cwd: join(__dirname, '..', '..'),
      env: {
        ...inherited,
        LEDGER: this.#ledger,
        LEDGER_EVENT_MS: String(eventMs),
        MEMBER_CONFIG: JSON.stringify({ log: 'info', ...config }),
        MEMBER_SERVICES: services,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    let out = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => log.push(...String(chunk).split('\n').filter(Boolean)));
    let over: number | string | null | undefined;
    const ended = new Promise<number | string | null>((resolve) =>
      child.once('close', (code, signal) => resolve((over = code ?? signal))),
    );
    const member = { process: child, log, ended };
    this.#all.add(member);
    const ready = (): boolean => {
      if (over !== undefined) throw new Error(`a member ended with ${over}: ${log.join('\n')}`);
      return out.includes('ready');
    };
    await until('a member is ready', ready, 30_000);
    return member;
  }

  /** How often each id was written down. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const line of readFileSync(this.#ledger, 'utf8').split('\n')) {
      const [id = ''] = line.split(' ');
      if (id !== '') counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }

  /** What they logged, how many lines one of them did at most, and what no process should write. */
  logs(): Logs {
    const logs = [...this.#all].map(({ log }) => log);
    const all = logs.flat();
    const unhandled = all.filter((line) => /UNHANDLED|Warning:/.test(line));
    return { all, unhandled, most: Math.max(0, ...logs.map(({ length }) => length)) };
  }

  async close(): Promise<void> {
    for (const { process: child } of this.#all) child.kill('SIGKILL');
    await Promise.all([...this.#all].map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
