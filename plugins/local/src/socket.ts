import { ConfigError } from '@micro-ts/interface';
import { chmod, lstat, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { hasPipes, newProcess, socketPath } from './names.ts';

/** The socket of this process, open: whoever connects to it knows that the process lives. */
export interface OpenSocket {
  readonly process: string;
  /** True while others can find it. Cleaners of temporary folders take sockets too. */
  intact(): Promise<boolean>;
  /** Makes it look used, to such cleaners. */
  touch(): Promise<void>;
  close(): Promise<void>;
}

/** Failures that say nothing about the folder: no room, no descriptors, or the folder just went. */
const passing: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOENT', 'ENOSPC']);

/**
 * Opens a socket under a new name. It keeps no process running.
 * @throws ConfigError if the folder cannot hold sockets.
 */
export async function openSocket(folder: string): Promise<OpenSocket> {
  const process = newProcess();
  const path = socketPath(folder, process);
  const peers = new Set<Socket>();
  const server = createServer((peer) => {
    peers.add(peer);
    peer.unref();
    peer.resume(); // There is nothing to say to each other.
    peer.on('error', () => undefined);
    peer.on('close', () => peers.delete(peer));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (passing.has(error.code)) return reject(error);
      const problem = `${folder} cannot hold sockets (${error.code})`;
      const fix = 'Set the option `folder` to a folder on a local disk that you may write to.';
      reject(new ConfigError('local.folder', problem, fix));
    });
    // Exclusive: in a worker of `node:cluster` it would otherwise be a socket of the primary.
    server.listen({ path, exclusive: true }, resolve);
  });
  server.unref();
  server.on('error', () => undefined); // No descriptor to accept with; the kernel has said yes.
  if (!hasPipes) await chmod(path, 0o600).catch(() => undefined);
  return {
    process,
    intact: async () => hasPipes || (await lstat(path).catch(() => undefined))?.isSocket() === true,
    touch: async () => {
      const now = new Date();
      if (!hasPipes) await utimes(path, now, now).catch(() => undefined);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const peer of peers) peer.destroy();
      }),
  };
}
