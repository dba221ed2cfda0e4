// A transport without an app round it: what it does by itself.
import type { Body, CallMessage, Configured, Connection, Listener } from '@micro-ts/interface';
import type { Transport } from '@micro-ts/interface';
import { afterwards } from '../afterwards.ts';
import { openPlugin } from '../open-plugin.ts';
import { call } from './scene.ts';

/** Opens a plugin as an app of its own would, and gives its transport; `closeAll` closes it. */
export function openTransport(plugin: Configured<'transport'>): Transport {
  const opened = openPlugin(plugin);
  afterwards(() => opened.close());
  return opened.create('transport');
}

/** A connection to a listener, ours or another's; `closeAll` closes it. */
export async function connectTo(
  transport: Transport,
  { address, metadata }: Pick<Listener, 'address' | 'metadata'>,
): Promise<Connection> {
  const connection = await transport.connect({ id: 'node', address, metadata });
  afterwards(() => connection.close());
  return connection;
}

/** A call of `Kit.Echo` in service `kit`, as JSON and without a deadline, where `changes` says nothing else. */
export const callOf = (body: Body, changes: Partial<CallMessage> = {}): CallMessage =>
  call({ body, ...changes });
