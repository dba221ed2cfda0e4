import { join } from 'node:path';
import type { ServerKind } from '@micro-ts/testing/servers';
import type { Config } from 'micro-ts';

/** Role that a server plays in a scenario. */
export type PlayedRole = 'registry' | 'broker' | 'transport';

/** The option by which each plugin is told where its server is. */
export const addressOption = {
  etcd: 'addresses',
  consul: 'address',
  redis: 'address',
  rabbitmq: 'address',
  nats: 'servers',
} as const satisfies Record<ServerKind, string>;

/** Servers that play each role. */
export const servers = {
  registry: ['etcd', 'consul', 'redis', 'nats'],
  broker: ['redis', 'rabbitmq', 'nats'],
  transport: ['nats', 'rabbitmq'],
} as const satisfies Record<PlayedRole, readonly ServerKind[]>;

/** One role on a server, all others without one. @param folder for the registry of files. */
export function configOf(role: PlayedRole, kind: ServerKind, url: string, folder: string): Config {
  const plain = {
    registry: ['local', { folder: join(folder, 'r') }],
    transport: 'http',
    broker: 'http',
  };
  const config: unknown = { ...plain, [role]: [kind, { [addressOption[kind]]: url }] };
  return config as Config;
}

/** The address of a server, behind another port. */
export function through(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href.replace(/\/$/, '');
}
