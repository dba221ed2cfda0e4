// npm run bench -- start: from the start of a process to a greeter that listens, and to the end of
// `micro list`.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const times = 11;
const mostMs = 400;
const micro = join(import.meta.dirname, '../toolkit/cli/bin/micro.mjs');

/** @returns whether the median is within its bound */
export async function startTime() {
  const bare = await medianOf(['-e', 'console.log("listens")']);
  const greeter = await medianOf([join(import.meta.dirname, 'start-greeter.mjs')]);
  console.log(
    `node alone: ${bare.toFixed(0)} ms; a greeter that listens: ${greeter.toFixed(0)} ms`,
  );
  const list = await medianOf([micro, 'list'], untilEnded);
  console.log(`micro list: ${list.toFixed(0)} ms`);
  const bars = [
    ['a built greeter listens', greeter],
    ['micro list has answered', list],
  ];
  for (const [text, ms] of bars)
    console.log(`${ms < mostMs ? 'met   ' : 'MISSED'}  start: ${text} < ${mostMs} ms`);
  return bars.every(([, ms]) => ms < mostMs);
}

async function medianOf(args, until = untilListening) {
  const taken = [];
  for (let time = 0; time < times; time++) taken.push(await until(args));
  return taken.toSorted((a, b) => a - b)[times >> 1];
}

/** Starts node, waits for the line that says where it listens, and stops it. */
async function untilListening(args) {
  const folder = mkdtempSync(join(tmpdir(), 'micro-bench-'));
  const env = { ...process.env, NODE_ENV: 'production', MICRO_BENCH_REGISTRY: join(folder, 'r') };
  const began = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const listens = new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => text.includes('listens') && resolve());
    void ended.then((code) => reject(new Error(`it ended with ${code} before it listened`)));
  });
  try {
    await listens;
    return performance.now() - began;
  } finally {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a command to its end, in an empty folder. */
async function untilEnded(args) {
  const folder = mkdtempSync(join(tmpdir(), 'micro-bench-'));
  const env = { ...process.env, NODE_ENV: 'production', TMPDIR: folder };
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  const taken = performance.now() - began;
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return taken;
}
