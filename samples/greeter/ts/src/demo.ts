// Runs all of the sample: a service, two subscribers and a caller, each a process of its own.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** How long, in ms, the processes may take to stop before they are killed. */
const patience = 10_000;

const children = new Set<ChildProcess>();
let stopping = false;

/** A process whose lines are printed under its name. */
interface Started {
  /** Resolves when a line contains the text, or no more lines come. */
  prints(text: string): Promise<void>;
  readonly ended: Promise<number>;
}

function start(name: string, program: string): Started {
  const file = new URL(`${program}${extname(import.meta.url)}`, import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(file)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const waiting = new Map<string, () => void>();
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (line) => {
      // A command is for pasting, and so stands alone.
      if (line.trim().startsWith('curl ')) console.log(line.trim());
      else console.log(`${name.padEnd(12)} | ${line}`);
      for (const [text, resolve] of waiting) if (line.includes(text)) resolve();
    });
  const ended = new Promise<number>((resolve) =>
    child.once('close', (code) => {
      children.delete(child);
      for (const give of waiting.values()) give();
      resolve(code ?? 1);
    }),
  );
  return { prints: (text) => new Promise((resolve) => waiting.set(text, resolve)), ended };
}

/** Ctrl-C in a terminal reaches the processes too; they take both for one. */
function stop(signal: NodeJS.Signals): void {
  for (const child of children) child.kill(signal);
  if (stopping) return;
  stopping = true;
  setTimeout(() => children.forEach((child) => child.kill('SIGKILL')), patience).unref();
}

/** A process that serves must not end before it is told to. */
function serve(name: string, program: string): Started {
  const started = start(name, program);
  void started.ended.then((code) => {
    if (stopping) return;
    console.log(`${name} ended with code ${code}`);
    process.exitCode = 1;
    stop('SIGTERM');
  });
  return started;
}

process.on('SIGINT', stop);
process.on('SIGTERM', stop);

async function show(): Promise<void> {
  await serve('greeter', 'main').prints('listens on');
  if (stopping) return;
  const subscribers = ['subscriber 1', 'subscriber 2'].map((name) => serve(name, 'subscriber'));
  await Promise.all(subscribers.map(({ prints }) => prints('subscribed')));
  if (stopping) return;
  await start('caller', 'caller').ended;
  if (!stopping) console.log('Paste the line that begins with curl. Ctrl-C stops everything.');
}

await show();
