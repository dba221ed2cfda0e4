// Programs that run beside a page's `console` blocks; see console.ts.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '@micro-ts/testing/servers';
import { root } from './documents.ts';
import type { Addresses } from './expectation.ts';

/** Longest that a program may take to start, in ms. */
const patience = 60_000;

/** TypeScript as it is, whatever folder it is started in. */
const fromSource = `'${process.execPath}' --import '${join(root, 'node_modules/tsx/dist/loader.mjs')}'`;

/** What docs/toolkit/README.md makes. Without `micro run`, whose programs outlive it for a moment. */
const greeter = `micro new greeter && cd greeter && exec ${fromSource} src/main.ts`;

/** Where the apps listen by default, and the variables that say so. */
const usual = new Map([
  ['127.0.0.1:8080', 'MICRO_API_ADDRESS'],
  ['127.0.0.1:8081', 'MICRO_SIDECAR_ADDRESS'],
]);

/** Has the apps listen at free ports in place of their usual ones. @returns the variables */
export async function freeAddresses(addresses: Addresses): Promise<NodeJS.ProcessEnv> {
  const variables: NodeJS.ProcessEnv = {};
  for (const [written, name] of usual) {
    const real = `127.0.0.1:${await freePort()}`;
    addresses.set(written, real);
    variables[name] = real;
  }
  return variables;
}

/** Compiler options of all that is in the checkout, for the loader. */
const compiler = JSON.stringify({
  compilerOptions: { target: 'es2022', experimentalDecorators: true },
  include: [join(root, '**/*.ts')],
});

/** A folder for the PATH in which `micro` is this checkout's. */
export function binFolder(parent: string): string {
  const folder = join(parent, 'bin');
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, compiler);
  const file = join(folder, 'micro');
  const line = `TSX_TSCONFIG_PATH='${config}' exec ${fromSource} '${join(root, 'toolkit/cli/bin/micro.mjs')}' "$@"`;
  writeFileSync(file, `#!/bin/sh\n${line}\n`);
  chmodSync(file, 0o755);
  return folder;
}

/**
 * Starts a program, and learns its address if it says one. Resolves when it listens.
 * @param started told of the process before it listens, so that it can be ended whatever happens
 */
export async function startBeside(
  name: string,
  place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  addresses: Addresses,
  started: (child: ChildProcess) => void,
): Promise<void> {
  let line = name === 'greeter' ? greeter : name;
  if (name !== 'greeter' && !name.startsWith('micro '))
    throw new Error(`beside: ${name} is neither greeter nor a line that begins with micro`);
  const written = /127\.0\.0\.1:[1-9]\d*/.exec(line)?.[0];
  const real = written === undefined ? undefined : `127.0.0.1:${await freePort()}`;
  if (written !== undefined && real !== undefined) {
    line = line.replaceAll(written, real);
    addresses.set(written, real);
  }
  const child = spawn('sh', ['-c', line], {
    ...place,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  started(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const began = performance.now();
  while (!(real === undefined ? /listens on/.test(output) : await answers(real))) {
    if (child.exitCode !== null || performance.now() - began > patience)
      throw new Error(`beside: ${name} has not started\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const given = new Set<number>();

/** A port that this process has not given before: who was given one may not listen yet. */
async function freePort(): Promise<number> {
  for (;;) {
    const [port] = await freePorts(1);
    if (port === undefined || given.has(port)) continue;
    given.add(port);
    return port;
  }
}

function answers(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
