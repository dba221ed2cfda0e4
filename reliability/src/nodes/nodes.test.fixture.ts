import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Lifetime, noMetadata } from '@micro-ts/interface';
import type { Body, CallMessage, Connection, Transport } from '@micro-ts/interface';
import { source } from '../members.ts';
import { openTransport } from './open-transport.ts';
import type { BusKind } from './open-transport.ts';

const later: (() => unknown)[] = [];

export const afterwards = (work: () => unknown): void => void later.push(work);

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const work of later.splice(0).reverse()) await work();
}

/** The transport of this process; closed after the test. */
export async function transportAt(kind: BusKind, url: string): Promise<Transport> {
  const { transport, close } = await openTransport(kind, url);
  afterwards(close);
  return transport;
}

/** A process that serves. */
export interface ServingNode {
  readonly child: ChildProcess;
  readonly address: string;
  readonly metadata: Record<string, string>;
}

/** Starts a process that serves; it is killed after the test. */
export async function startNode(kind: BusKind, url: string): Promise<ServingNode> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const program = join(__dirname, 'serving-node.program.ts');
  const child = spawn(process.execPath, [...source, program, kind, url], {
    cwd: join(__dirname, '..', '..', '..'),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterwards(() => child.kill('SIGKILL'));
  const told = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.once('exit', () => reject(new Error('it ended')));
  });
  return { child, ...(JSON.parse(told) as Omit<ServingNode, 'child'>) };
}

/** A connection to a node; closed after the test. */
export async function connectTo(transport: Transport, node: ServingNode): Promise<Connection> {
  const { address, metadata } = node;
  const connection = await transport.connect({ id: 'node', address, metadata });
  afterwards(() => connection.close());
  return connection;
}

/** A call without a deadline. */
export const call = (body: Body, changes: Partial<CallMessage> = {}): CallMessage => ({
  ...{ service: 'kit', endpoint: 'Kit.Echo', contentType: 'application/json' },
  ...{ metadata: noMetadata, attempt: 1, lifetime: new Lifetime(), body },
  ...changes,
});

export const textOf = (body: Body): string => {
  if (!(body instanceof Uint8Array)) throw new Error('a stream');
  return Buffer.from(body).toString();
};
