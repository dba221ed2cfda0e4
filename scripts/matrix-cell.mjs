// One cell of the matrix: the programs of samples/swap as processes of their own, told by their
// environment which plugins to take, and what they must have done.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './workspace.mjs';

/** Longest time, in ms, for each thing that is waited for. */
const patience = 40_000;

/** How long, in ms, nothing more must come of an event that one process got. */
const quiet = 200;

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A program of the sample; `done` resolves with its exit code. */
class Program {
  #lines = [];
  #errors = [];
  #changed = deferred();

  constructor(name, env, args = []) {
    this.name = name;
    this.child = spawn(
      process.execPath,
      [join(root, 'samples', 'swap', 'dist', `${name}.js`), ...args],
      { env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    running.add(this.child);
    const follow = (stream, lines) =>
      createInterface(stream).on('line', (line) => {
        lines.push(line);
        this.#change();
      });
    follow(this.child.stdout, this.#lines);
    follow(this.child.stderr, this.#errors);
    this.done = new Promise((resolve) =>
      this.child.once('close', (code, signal) => {
        running.delete(this.child);
        this.code = code ?? signal;
        this.#change();
        resolve(this.code);
      }),
    );
  }

  lines(start) {
    return this.#lines.filter((line) => line.startsWith(start));
  }

  /** What it complained about, without stacks, at most a few lines. */
  get complaint() {
    const lines = this.#errors.filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
    return lines.slice(-12).join('\n').slice(0, 1_500);
  }

  /** Resolves with the first line that begins so; rejects if it ends or takes too long. */
  async prints(start) {
    const overdue = sleep(patience, 'overdue', { ref: false });
    for (;;) {
      const [line] = this.lines(start);
      if (line !== undefined) return line;
      if (this.code !== undefined)
        throw new Error(`${this.name} ended with ${this.code} before it printed "${start}"`);
      if ((await Promise.race([this.#changed.promise, overdue])) === 'overdue')
        throw new Error(`${this.name} has not printed "${start}" in ${patience} ms`);
    }
  }

  #change() {
    const { resolve } = this.#changed;
    this.#changed = deferred();
    resolve();
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}

/** What the programs find in their environment, and nothing that is there by chance. */
async function environmentOf({ registry, broker, transport }, urls, folder) {
  const rest = Object.entries(process.env).filter(([name]) => !/^MICRO_|^NODE_OPTIONS$/.test(name));
  const env = Object.fromEntries(rest);
  const name = (role, plugin, address) => {
    env[`MICRO_${role}`] = plugin;
    if (address !== undefined) env[`MICRO_${role}_ADDRESS`] = address;
  };
  name('REGISTRY', registry, registry === 'local' ? join(folder, 'nodes') : urls[registry]);
  name('BROKER', broker, urls[broker]);
  name('TRANSPORT', transport, urls[transport]);
  // A group of its own: cells run side by side.
  if (registry === 'mdns') env.SWAP_MDNS_PORT = String(await freeUdpPort());
  return env;
}

const freeUdpPort = () =>
  new Promise((resolve, reject) => {
    const socket = createSocket('udp4').once('error', reject);
    socket.bind(0, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

/** Runs a cell; `{ ok, ms, steps, reason }`. `urls` has the addresses of servers by plugin. */
export async function runCell(cell, urls) {
  const folder = mkdtempSync(join(tmpdir(), 'micro-swap-'));
  const env = await environmentOf(cell, urls, folder);
  const began = performance.now();
  const steps = {};
  let current = 'start';
  const programs = [];
  const step = async (name, work) => {
    current = name;
    const start = performance.now();
    await work();
    steps[name] = Math.round(performance.now() - start);
  };
  const run = (...args) => programs[programs.push(new Program(...args)) - 1];
  try {
    await trySwap(step, (name, args) => run(name, env, args), steps);
    return { ...cell, ok: true, ms: Math.round(performance.now() - began), steps };
  } catch (error) {
    const complaints = programs.map(({ name, complaint }) => complaint && `${name}: ${complaint}`);
    const reason = [`${current}: ${error.message}`, ...complaints.filter(Boolean)].join('\n');
    return { ...cell, ok: false, ms: Math.round(performance.now() - began), steps, reason };
  } finally {
    for (const { child } of programs) child.kill('SIGKILL');
    await Promise.all(programs.map(({ done }) => done));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function trySwap(step, run, steps) {
  const id = `order-${Math.random().toString(36).slice(2, 10)}`;
  let workers, shop, caller;
  await step('start', async () => {
    workers = [run('worker'), run('worker')];
    await Promise.all(workers.map((worker) => worker.prints('ready')));
    shop = run('main');
    await shop.prints('shop 1.0.0 listens');
  });
  await step('calls', async () => {
    caller = run('caller', [id]);
    for (const name of ['find', 'call', 'stream', 'error'])
      steps[name] = Number((await caller.prints(`${name} `)).split(' ')[1]);
    const code = await caller.done;
    if (code !== 0) throw new Error(`the caller ended with ${code}`);
  });
  await step('broadcast', () => Promise.all(workers.map((worker) => worker.prints(`heard ${id}`))));
  await step('queue', () => Promise.any(workers.map((worker) => worker.prints(`packed ${id}`))));
  if (workers[0].lines('ready')[0] === 'ready: at least once')
    await step('again', () =>
      Promise.any(workers.map((worker) => worker.prints(`attempt 2 to bill ${id}`))),
    );
  await sleep(quiet);
  for (const text of [`packed ${id}`, `attempt 1 to bill ${id}`, `attempt 2 to bill ${id}`]) {
    const times = workers.reduce((sum, worker) => sum + worker.lines(text).length, 0);
    if (times > 1) throw new Error(`"${text}" was printed ${times} times`);
  }
  await step('stop', async () => {
    const programs = [...workers, shop];
    for (const { child } of programs) child.kill('SIGTERM');
    const codes = await Promise.race([
      Promise.all(programs.map(({ done }) => done)),
      sleep(patience, 'overdue', { ref: false }),
    ]);
    if (codes === 'overdue') throw new Error(`a program has not ended in ${patience} ms`);
    if (codes.some((code) => code !== 0)) throw new Error(`exit codes ${codes}`);
  });
}
