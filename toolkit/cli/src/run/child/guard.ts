import { Worker } from 'node:worker_threads';

/** How often it is looked whether the parent lives, in ms. */
const interval = 500;

const code = `
const { workerData: { parent, interval, patience } } = require('node:worker_threads');
const look = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(look);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), patience);
}, interval);`;

/**
 * Kills this process some time after its parent has died, from a thread of its own: a program that
 * never leaves its turn of the event loop hears of nothing. Windows does not tell that a parent died.
 * @param patience ms that it has to end by itself
 */
export function guard(patience: number): void {
  if (process.platform === 'win32') return;
  const workerData = { parent: process.ppid, interval, patience };
  new Worker(code, { eval: true, execArgv: [], env: {}, workerData }).unref();
}
