// Starts members as processes of their own, and folders for them.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '@micro-ts/testing/servers';
import type { Order, Word } from './member.test.fixture.ts';

/** A member's process. */
export interface Member {
  readonly process: ChildProcess;
  /** What its watch told, oldest first. */
  readonly told: { readonly nodes: readonly string[]; readonly at: bigint }[];
  order(order: Order): Promise<unknown>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A temporary folder with the members' program in it, in one file: 20 processes start at once. */
export function createStage(): {
  folder: string;
  script: string;
  start(): Member;
  clear(): Promise<void>;
} {
  const root = mkdtempSync(join(tmpdir(), 'local-'));
  const script = bundle(join(__dirname, 'member.test.fixture.ts'), root);
  const folder = join(root, 'nodes');
  const members: Member[] = [];
  return {
    folder,
    script,
    start() {
      const member = startMember(script, folder);
      members.push(member);
      return member;
    },
    async clear() {
      await Promise.all(members.map((member) => member.kill()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function startMember(script: string, folder: string): Member {
  const env = { ...process.env, LOCAL_MEMBER: 'obey' };
  const child = fork(script, [folder], { env, execArgv: [] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const told: Member['told'] = [];
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];
  child.on('message', (word: Word) => {
    if (word.told !== undefined)
      return void told.push({ nodes: word.told.nodes, at: BigInt(word.told.at) });
    const next = waiting.shift();
    if (word.error === undefined) next?.resolve(word.answer);
    else next?.reject(new Error(word.error));
  });
  void ended.then(() => {
    for (const { reject } of waiting.splice(0)) reject(new Error('the member ended'));
  });
  return {
    process: child,
    told,
    order: (order) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.send(order);
      }),
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended;
    },
  };
}

/** `p50 1.2 ms, max 3.4 ms, n 20`. */
export function figures(ms: readonly number[]): string {
  const sorted = [...ms].sort((a, b) => a - b);
  const [median = NaN, last = NaN] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `p50 ${median.toFixed(1)} ms, max ${last.toFixed(1)} ms, n ${sorted.length}`;
}
