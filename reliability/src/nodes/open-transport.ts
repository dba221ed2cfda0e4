import type { Configured, Transport } from '@micro-ts/interface';
import { openPlugin } from '@micro-ts/testing';
import { addressOption } from '../infrastructure.ts';
import type { servers } from '../infrastructure.ts';

/** A server over which calls can go. */
export type BusKind = (typeof servers.transport)[number];

type Plugin = (options: Record<string, unknown>) => Configured<'transport'>;

/** A transport without an app round it: what it does by itself. */
export async function openTransport(
  kind: BusKind,
  url: string,
): Promise<{ readonly transport: Transport; close(): Promise<void> }> {
  const { default: plugin } = (await import(`@micro-ts/${kind}`)) as { default: Plugin };
  const { create, close } = openPlugin(plugin({ [addressOption[kind]]: url }));
  return { transport: create('transport'), close };
}
