// A process of its own, that registers nodes and watches, for tests to kill.
import { metadata } from '@micro-ts/interface';
import type { Node, Registry } from '@micro-ts/interface';
import { openPlugin } from '@micro-ts/testing';
import type { LogRecorder } from '@micro-ts/testing';
import local from './index.ts';

/** What a member is told to do; each order is answered with what it came to. */
export type Order =
  | { readonly do: 'register'; readonly service: string; readonly nodes: number; port?: number }
  | { readonly do: 'churn'; readonly service: string; readonly rounds: number }
  | { readonly do: 'watch'; readonly service: string }
  | { readonly do: 'lookup'; readonly service: string }
  | { readonly do: 'cpu' }
  | { readonly do: 'close' };

/** When a member began and ended an order, in ns on the clock that all processes share. */
export interface Took {
  readonly before: string;
  readonly after: string;
}

/** What a member says, of its own accord or when asked. */
export interface Word {
  readonly answer?: unknown;
  readonly error?: string;
  /** Nodes that a watch told, with their addresses, and when, in ns. */
  readonly told?: { readonly nodes: readonly string[]; readonly at: string };
}

/** Opens the registry in a folder, as an app does. */
export function open(folder: string): {
  registry: Registry;
  log: LogRecorder;
  close(): Promise<void>;
} {
  const { create, log, close } = openPlugin(local({ folder }));
  return { registry: create('registry'), log, close };
}

/** The nodes of this process for a service. */
export function nodesOf(service: string, count: number, port = 1_024): readonly Node[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${service}-${process.pid}-${i}`,
    service,
    version: '1.0.0',
    address: `127.0.0.1:${port + i}`,
    metadata: metadata({ transport: 'http' }),
    endpoints: [{ name: 'Greeter.Hello', kind: 'unary', metadata: metadata() }],
  }));
}

async function churn(registry: Registry, service: string, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const nodes = nodesOf(service, 3, 1_024 + round);
    await Promise.all(nodes.map((node) => registry.register(node, 60_000)));
    if (round < rounds - 1) await Promise.all(nodes.map((node) => registry.deregister(node)));
  }
}

function obey(folder: string): void {
  const { registry, close } = open(folder);
  const say = (word: Word): void => void process.send?.(word);
  const carryOut = async (order: Order): Promise<unknown> => {
    switch (order.do) {
      case 'register': {
        const before = process.hrtime.bigint().toString();
        for (const node of nodesOf(order.service, order.nodes, order.port))
          await registry.register(node, 60_000);
        return { before, after: process.hrtime.bigint().toString() } satisfies Took;
      }
      case 'churn':
        return churn(registry, order.service, order.rounds);
      case 'watch':
        await registry.watch?.((services) => {
          const at = process.hrtime.bigint().toString();
          const nodes = services.get(order.service) ?? [];
          say({ told: { nodes: nodes.map(({ id, address }) => `${id} ${address}`), at } });
        }, order.service);
        return undefined;
      case 'lookup':
        return (await registry.lookup(order.service)).map(({ id }) => id);
      case 'cpu':
        return process.cpuUsage();
      case 'close':
        await close();
        process.disconnect();
        return undefined;
    }
  };
  process.on('message', (order: Order) => {
    carryOut(order).then(
      (answer) => process.connected && say({ answer }),
      (error: unknown) => say({ error: String(error) }),
    );
  });
}

/** Registers one node and stays, with nobody to give it orders. */
async function stay(folder: string, service: string): Promise<void> {
  const { registry } = open(folder);
  for (const node of nodesOf(service, 1)) await registry.register(node, 60_000);
  process.stdout.write('registered\n');
  setInterval(() => undefined, 1_000);
}

/** Uses every verb and lets go of nothing: the process must end all the same. */
async function forget(folder: string, service: string): Promise<void> {
  const { registry } = open(folder);
  for (const node of nodesOf(service, 1)) await registry.register(node, 60_000);
  await registry.watch?.(() => undefined);
  process.stdout.write(`${(await registry.lookup(service)).length} found\n`);
}

const user = process.env['LOCAL_USER'];
if (user !== undefined) process.setuid?.(Number(user));
const [, , folder = '', service = ''] = process.argv;
if (process.env['LOCAL_MEMBER'] === 'obey') obey(folder);
if (process.env['LOCAL_MEMBER'] === 'stay') void stay(folder, service);
if (process.env['LOCAL_MEMBER'] === 'forget') void forget(folder, service);
