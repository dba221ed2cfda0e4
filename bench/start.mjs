// npm run bench -- start: from the start of a process to a greeter that listens.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const times = 11;
const mostMs = 400;

/** @returns whether the median is within its bound */
export async function startTime() {
  const bare = await medianOf(['-e', 'console.log("listens")']);
  const greeter = await medianOf([join(import.meta.dirname, 'start-greeter.mjs')]);
  console.log(
    `node alone: ${bare.toFixed(0)} ms; a greeter that listens: ${greeter.toFixed(0)} ms`,
  );
  const met = greeter < mostMs;
  console.log(`${met ? 'met   ' : 'MISSED'}  start: a built greeter listens < ${mostMs} ms`);
  return met;
}

async function medianOf(args) {
  const taken = [];
  for (let time = 0; time < times; time++) taken.push(await untilListening(args));
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
