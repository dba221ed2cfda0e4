import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterwards } from '../afterwards.ts';
import { eventually } from '../expect.ts';
import { bundle } from './bundle.ts';

/** How long a program may take to say its next line, in ms: it may be starting on a busy machine. */
const patience = 30_000;

/** A program in a process of its own. */
export interface Program {
  /** The next line that it prints; waits for it. */
  line(): Promise<string>;
  /** Kills it; resolves when it has ended. */
  kill(): Promise<void>;
}

/**
 * Compiles a program in TypeScript and runs it; `closeAll` kills it. What it prints on stderr is seen.
 * @param source path of the program.
 */
export function startProgram(source: string, ...args: readonly string[]): Program {
  const folder = mkdtempSync(join(tmpdir(), 'micro-program-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [bundle(source, folder), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  afterwards(kill);
  const next = (): string => {
    const line = lines.shift();
    if (line === undefined) throw new Error(`${source} says nothing`);
    return line;
  };
  return { kill, line: () => eventually(next, patience) };
}
