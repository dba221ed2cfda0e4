import { createConnection } from 'node:net';
import type { Socket } from 'node:net';

/** Whether another process lives, by a connection to its socket. */
export interface Pulse {
  /** Resolves with the first verdict. */
  readonly first: Promise<void>;
  /** True from the first verdict on, unless that was death. */
  readonly felt: boolean;
  stop(): void;
}

/** Nothing else proves a death: a full backlog, say, belongs to a process that is merely stopped. */
const proofs: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT']);

/** Longest pause before a process that hung up, or could not be asked, is asked again, in ms. */
const longestPause = 250;

/**
 * Stays connected to the socket of a process. The kernel closes the connection when the process ends,
 * however it ends, and then nobody answers at that path any more: `onDeath` is told, once. It says
 * nothing of a process that is stopped, which lives.
 *
 * The event loop is kept running until there is a verdict, and not for the connection itself.
 */
export function takePulse(path: string, onDeath: () => void): Pulse {
  let felt = false;
  let resolve!: () => void;
  const first = new Promise<void>((done) => (resolve = done));
  const settle = (): void => {
    felt = !stopped;
    resolve();
  };
  let socket: Socket;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let pause = 0;
  const ask = (): void => {
    let met = Infinity;
    let code: string | undefined;
    socket = createConnection(path, () => {
      met = performance.now();
      socket.unref();
      settle();
    });
    socket.resume();
    socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code));
    socket.on('close', () => {
      if (!stopped && proofs.has(code) && met === Infinity) {
        stopped = true;
        onDeath();
      }
      settle();
      if (stopped) return;
      // A dying process may still accept for a moment, and a live one that hangs up is not to be
      // asked in a busy loop.
      if (performance.now() - met > 1_000) pause = 0;
      timer = setTimeout(ask, pause).unref();
      pause = met === Infinity ? longestPause : Math.min(longestPause, pause * 2 + 1);
    });
  };
  ask();
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
    socket.destroy();
    settle();
  };
  return {
    first,
    get felt() {
      return felt;
    },
    stop,
  };
}
