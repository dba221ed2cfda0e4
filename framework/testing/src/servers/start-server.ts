import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import { freePorts } from './free-ports.ts';
import { howToInstall, recipes } from './recipes.ts';
import type { Place, Recipe, ServerKind } from './recipes.ts';
import { TestServer } from './test-server.ts';

/** How a server is started. */
export interface StartOptions {
  /** What it kept is there after a stop and a start, where that is slower. Default: as is fastest. */
  readonly keepData?: boolean;
  /** Further arguments, for passwords and certificates. */
  readonly args?: (place: Place) => readonly string[];
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
  /** Whether it answers, where the usual question does not do: for servers that speak TLS. */
  readonly ready?: (port: number) => Promise<boolean>;
}

/** What servers write whose port somebody took since we found it free. */
const taken = /address already in use|eaddrinuse|port is already|already using/i;

/**
 * Starts a server of the test's own, that it may kill: a program of this machine, on free ports of
 * loopback, in a temporary folder. It does not outlive this process.
 * @example const etcd = await startServer('etcd');
 * @throws Error if the program is not there, with how to get it, or does not answer in time
 */
export async function startServer(
  kind: ServerKind,
  options: StartOptions = {},
): Promise<TestServer> {
  const program = findProgram(kind);
  if (program === undefined) {
    throw new Error(`there is no ${kind} on this machine: ${howToInstall(kind)}`);
  }
  const first = await prepare(kind, program, options);
  try {
    await first.start();
    return first;
  } catch (error) {
    if (!taken.test(first.log)) throw error;
    rmSync(first.folder, { recursive: true, force: true });
  }
  const second = await prepare(kind, program, options);
  await second.start();
  return second;
}

/** A server with a folder and ports, not started yet. */
async function prepare(
  kind: ServerKind,
  program: string,
  { keepData = false, args, env, ready }: StartOptions,
): Promise<TestServer> {
  const own: Recipe = recipes[kind];
  const recipe = { ...own, ready: ready ?? own.ready };
  const folder = mkdtempSync(join(tmpdir(), `micro-${kind}-`));
  chmodSync(folder, 0o777); // some servers run as a user of their own
  const place: Place = { folder, ports: await freePorts(recipe.ports) };
  return new TestServer({
    ...{ kind, recipe, program, place },
    args: [...recipe.args(place, keepData), ...(args?.(place) ?? [])],
    env: { ...recipe.env?.(place), ...env?.(place) },
  });
}
