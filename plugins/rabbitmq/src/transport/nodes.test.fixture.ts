import { defaultLimits, Lifetime, noMetadata } from '@micro-ts/interface';
import type { Body, CallMessage, Connection, OpenPlugin } from '@micro-ts/interface';
import type { RoleSurroundings, Transport } from '@micro-ts/interface';
import rabbitmq from '../index.ts';
import { silent } from '../silent.test.fixture.ts';

const later: (() => unknown)[] = [];

export const afterwards = (work: () => unknown): void => void later.push(work);

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const work of later.splice(0).reverse()) await work();
}

/** The transport of this process. */
export function transportAt(url: string): Transport {
  const plugin = rabbitmq({ address: url }).open({
    app: 'test',
    logger: silent,
    limits: defaultLimits,
  });
  afterwards(() => plugin.close());
  return (plugin as OpenPlugin<'transport'>).create('transport', {} as RoleSurroundings);
}

/** A connection to a node; closed after the test. */
export async function connectTo(
  transport: Transport,
  node: { readonly address: string; readonly metadata: Record<string, string> },
): Promise<Connection> {
  const { address, metadata } = node;
  const connection = await transport.connect({ id: 'node', address, metadata });
  afterwards(() => connection.close());
  return connection;
}

/** A call without a deadline. */
export const call = (body: Body, changes: Partial<CallMessage> = {}): CallMessage => ({
  service: 'kit',
  endpoint: 'Kit.Echo',
  contentType: 'application/json',
  metadata: noMetadata,
  attempt: 1,
  lifetime: new Lifetime(),
  body,
  ...changes,
});

export const textOf = (body: Body): string => {
  if (!(body instanceof Uint8Array)) throw new Error('a stream');
  return Buffer.from(body).toString();
};
