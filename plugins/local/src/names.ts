import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/**
 * How things are called in the folder. The name of a process is drawn by lot when its socket opens
 * and is never used again, and a file never changes once it has its name. So nobody can take a file
 * of the living for one of the dead, and a reader reads each file once.
 *
 * - `<process>.sock`: socket of a process, the proof that it lives
 * - `<process>.<number>.json`: record of one of its nodes
 * - `<process>.<number>.tmp`: the same while it is being written
 */
export interface FileName {
  readonly process: string;
  readonly kind: 'sock' | 'json' | 'tmp';
}

const pattern = /^(?<process>[0-9a-f]{16})(?:\.\d+)?\.(?<kind>sock|json|tmp)$/;

/** Longest folder, in bytes: with a name of 22 behind it, a socket's path fits into macOS's 103. */
export const folderBytes = 80;

/** A name for a process that nobody had and nobody will have. */
export function newProcess(): string {
  return randomBytes(8).toString('hex');
}

/** The file of a record, and its draft. Numbers sort as texts, so that a newer record comes later. */
export function recordNames(process: string, number: number): { file: string; draft: string } {
  const name = `${process}.${String(number).padStart(10, '0')}`;
  return { file: `${name}.json`, draft: `${name}.tmp` };
}

/** What a file of the folder is; `undefined` if the name is none of ours. */
export function parseName(name: string): FileName | undefined {
  const { process, kind } = pattern.exec(name)?.groups ?? {};
  if (process === undefined || kind === undefined) return undefined;
  return { process, kind: kind as FileName['kind'] };
}

/** Where the socket of a process is. Windows has no sockets in folders: there it is a named pipe. */
export function socketPath(folder: string, process: string): string {
  if (hasPipes) return `\\\\.\\pipe\\micro-${process}`;
  return join(folder, `${process}.sock`);
}

/** True where sockets are named pipes, which are in no folder and leave nothing behind. */
export const hasPipes = process.platform === 'win32';
