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

/** What can be told to {@link openPlugin}. */
export interface OpenPluginOptions {
  /** Those that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /** The app's name; `test` if not given. */
  readonly app?: string;
  /** What stands around the roles; if not given, the loopback address, and a registry of its own. */
  readonly surroundings?: RoleSurroundings;
}

/** The loopback address, and a registry that knows nobody yet. */
export const loopbackSurroundings = (): RoleSurroundings => ({
  registry: new PlainRegistry(),
  network: async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' }),
});

/** Opens a plugin as an app does, with a log that can be read. */
export function openPlugin<R extends Role>(
  configured: Configured<R>,
  { limits, app = 'test', surroundings = loopbackSurroundings() }: OpenPluginOptions = {},
): OpenedPlugin<R> {
  const log = new LogRecorder();
  const context = { app, logger: log, limits: { ...defaultLimits, ...limits } };
  const plugin = configured.open(context);
  return {
    log,
    create: (role) => plugin.create(role, surroundings),
    close: () => plugin.close(),
  };
}
