import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Most lines that are kept. */
export const historySize = 1_000;

/** `micro/history` where the user's programs keep their state. */
export function historyFile(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_STATE_HOME: state } = env;
  return join(state || join(homedir(), '.local', 'state'), 'micro', 'history');
}

/** The last lines, the latest first; none if there is no file that can be read. */
export function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines
      .filter((line) => line !== '')
      .slice(-historySize)
      .reverse();
  } catch {
    return [];
  }
}

/** Keeps lines for this user alone; without those that begin with a space, or hold a token. */
export function writeHistory(file: string, latestFirst: readonly string[]): void {
  const kept = latestFirst.filter((line) => !/^\s|--token/.test(line)).slice(0, historySize);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, [...kept].reverse().join('\n'), { mode: 0o600 });
    chmodSync(file, 0o600);
  } catch {
    // A shell without a memory is a shell all the same.
  }
}
