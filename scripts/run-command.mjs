// Child processes of the scripts.
import { spawn } from 'node:child_process';
import { root } from './workspace.mjs';

/** Ends a script with a sentence and no stack. */
export class Stop extends Error {}

const running = new Set();

// Ctrl-C reaches every process of the terminal's group by itself: we stay to tell how it ended.
// Other signals come to us alone, and are passed on.
let interrupted = false;
process.on('SIGINT', () => (interrupted = true));
for (const signal of ['SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    interrupted = true;
    for (const child of running) child.kill(signal);
    if (running.size === 0) process.exit(143);
  });

/** Whether somebody asked to stop. */
export const isInterrupted = () => interrupted;

/**
 * Starts a command with our input and outputs, or with others by `options.stdio`. The promise
 * resolves with its exit code; 130 if a signal ended it.
 */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
  running.add(child);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 130));
  }).finally(() => running.delete(child));
  return { child, ended };
}

/** Runs a command silently; rejects with all that it printed if it fails. */
export async function runQuietly(name, command, args, options = {}) {
  let output = '';
  const { child, ended } = start(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await ended;
  if (code !== 0) throw new Stop(`${name} failed (${code})\n${output.trimEnd()}`);
  return output;
}

/** Runs the body of a script: what it throws is told in a line, and the exit code says so. */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (interrupted) process.exitCode = 130;
    else {
      const isPlain = error instanceof Stop || error?.code?.startsWith('ERR_PARSE_ARGS');
      console.error(isPlain ? error.message : error);
      process.exitCode = 1;
    }
  }
}

/** `12.3 s` since `began`, which is of `performance.now()`. */
export const secondsSince = (began) => `${((performance.now() - began) / 1000).toFixed(1)} s`;
