import { defaultLimits } from '@micro-ts/interface';
import type { Configured, Limits, Role, Roles, RoleSurroundings } from '@micro-ts/interface';
import { LogRecorder } from './log-recorder.ts';
import { PlainRegistry } from './plain-registry.ts';

/** A plugin that was opened, as an app does it. */
export interface OpenedPlugin<R extends Role> {
  readonly log: LogRecorder;
  create<K extends R>(role: K): Roles[K]['is'];
  close(): Promise<void>;
}

/** The loopback address, and a registry that knows nobody yet. */
export const loopbackSurroundings = (): RoleSurroundings => ({
  registry: new PlainRegistry(),
  network: async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' }),
});

/**
 * Opens a plugin as an app on the loopback address does, with a log that can be read.
 * @param limits those that differ from the defaults
 */
export function openPlugin<R extends Role>(
  configured: Configured<R>,
  { limits }: { readonly limits?: Partial<Limits> } = {},
): OpenedPlugin<R> {
  const log = new LogRecorder();
  const all = { ...defaultLimits, ...limits };
  const plugin = configured.open({ app: 'test', logger: log, limits: all });
  const surroundings = loopbackSurroundings();
  return {
    log,
    create: (role) => plugin.create(role, surroundings),
    close: () => plugin.close(),
  };
}
