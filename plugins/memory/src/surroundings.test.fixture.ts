import { defaultLimits } from '@micro-ts/interface';
import type { Broker, Limits, LogFields, Logger, PluginContext } from '@micro-ts/interface';
import type { Registry, RoleSurroundings, Transport } from '@micro-ts/interface';
import { memory, MemoryNetwork } from './index.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { Records } from './records.ts';

/** Keeps the lines of a log. */
export function recorder(): { logger: Logger; lines: [message: string, fields?: LogFields][] } {
  const lines: [string, LogFields?][] = [];
  const take = (message: string, fields?: LogFields): void => {
    lines.push(fields === undefined ? [message] : [message, fields]);
  };
  const logger: Logger = { debug: take, info: take, warn: take, error: take, with: () => logger };
  return { logger, lines };
}

const nothing = recorder().logger;

/** What an app opens plugins with. */
export function context(
  changes: { logger?: Logger; limits?: Partial<Limits> } = {},
): PluginContext {
  const { logger = nothing, limits } = changes;
  return { app: 'test', logger, limits: { ...defaultLimits, ...limits } };
}

const registry = new MemoryRegistry(new Records());

/** What roles are created with; memory uses none of it. */
export const surroundings: RoleSurroundings = {
  registry,
  network: async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' }),
};

/** The roles that one app sees. */
export interface AppRoles {
  readonly registry: Registry;
  readonly transport: Transport;
  readonly broker: Broker;
}

/** An app on a network. */
export function app(
  network = new MemoryNetwork(),
  changes: Parameters<typeof context>[0] = {},
): AppRoles {
  const open = memory({ network }).open(context(changes));
  return {
    registry: open.create('registry', surroundings),
    transport: open.create('transport', surroundings),
    broker: open.create('broker', surroundings),
  };
}
