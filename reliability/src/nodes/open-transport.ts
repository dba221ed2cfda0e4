import { defaultLimits } from '@micro-ts/interface';
import type { Configured, Logger, OpenPlugin, RoleSurroundings } from '@micro-ts/interface';
import type { Transport } from '@micro-ts/interface';
import { addressOption } from '../infrastructure.ts';
import type { servers } from '../infrastructure.ts';

/** A server over which calls can go. */
export type BusKind = (typeof servers.transport)[number];

type Plugin = (options: Record<string, unknown>) => Configured<'transport'>;

const nothing = (): void => undefined;
const silent: Logger = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  with: () => silent,
};

/** A transport without an app round it: what it does by itself. */
export async function openTransport(
  kind: BusKind,
  url: string,
): Promise<{ readonly transport: Transport; close(): Promise<void> }> {
  const { default: plugin } = (await import(`@micro-ts/${kind}`)) as { default: Plugin };
  const context = { app: 'node', logger: silent, limits: defaultLimits };
  const open: OpenPlugin<'transport'> = plugin({ [addressOption[kind]]: url }).open(context);
  const transport = open.create('transport', {} as RoleSurroundings);
  return { transport, close: () => open.close() };
}
