import { subscribe } from 'node:diagnostics_channel';
import { guard } from './guard.ts';
import { stopMessage, writeReport } from '../messages.ts';
import type { Report, ServedNode } from '../messages.ts';

/** How long, in ms, a program whose parent has died may take to end by itself. */
const patience = 10_000;

/** Files are told in bundles, this many ms after the first. */
const bundling = 50;

const files = new Set<string>();
let waiting = new Set<string>();
let timer: NodeJS.Timeout | undefined;

/** Tells the parent of a file that was loaded. */
export function tellLoaded(file: string): void {
  if (files.has(file)) return;
  files.add(file);
  waiting.add(file);
  timer ??= setTimeout(flush, bundling).unref();
}

function flush(): void {
  timer = undefined;
  if (waiting.size === 0) return;
  send({ kind: 'loaded', files: [...waiting] });
  waiting = new Set();
}

function send(report: Report): void {
  if (process.connected) process.send?.(writeReport(report), undefined, undefined, () => undefined);
}

/**
 * Ties this process to its parent: tells it what is loaded and what serves, and ends with it. When
 * the parent dies, however it dies, the channel closes.
 */
export function tie(): void {
  subscribe('micro-ts:serving', (app) => {
    const { nodes } = app as { readonly nodes: readonly ServedNode[] };
    const told = nodes.map(({ service, version, address, metadata }) => {
      return { service, version, address, metadata: { ...metadata } };
    });
    flush();
    send({ kind: 'serving', nodes: told });
  });
  process.once('exit', flush);
  if (process.channel === undefined) return;
  process.once('disconnect', end);
  process.on('message', (message) => {
    if (message === stopMessage) process.emit('SIGTERM', 'SIGTERM');
  });
  process.channel.unref();
  guard(patience);
}

function end(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), patience).unref(); // Windows has no guard
  if (process.platform === 'win32') process.emit('SIGTERM', 'SIGTERM');
  else process.kill(process.pid, 'SIGTERM');
}
