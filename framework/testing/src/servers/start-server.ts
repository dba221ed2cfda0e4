import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import { freePorts } from './free-ports.ts';
import { recipes } from './recipes.ts';
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

/**
 * Starts a server of the test's own, that it may kill: a program of this machine, on free ports of
 * loopback, in a temporary folder. It is killed when this process ends.
 * @example const etcd = await startServer('etcd');
 * @throws Error if the program is not there, with how to get it, or does not answer in time
 */
export async function startServer(
  kind: ServerKind,
  options: StartOptions = {},
): Promise<TestServer> {
  const own: Recipe = recipes[kind];
  const recipe = { ...own, ready: options.ready ?? own.ready };
  const program = findProgram(kind);
  if (program === undefined) {
    throw new Error(`there is no ${kind} on this machine: ${recipe.install}`);
  }
  const folder = mkdtempSync(join(tmpdir(), `micro-${kind}-`));
  chmodSync(folder, 0o777); // some servers run as a user of their own
  const place: Place = { folder, ports: await freePorts(recipe.ports) };
  const { keepData = false, args, env } = options;
  const server = new TestServer({
    ...{ kind, recipe, program, place },
    args: [...recipe.args(place, keepData), ...(args?.(place) ?? [])],
    env: { ...recipe.env?.(place), ...env?.(place) },
  });
  await server.start();
  return server;
}
