import { defaultLimits } from '@micro-ts/interface';
import type { Configured, Limits, Logger, OpenPlugin, Role } from '@micro-ts/interface';
import type { RoleSurroundings } from '@micro-ts/interface';
import { PlainRegistry } from './plain-registry.ts';
import type { Later } from './clause.ts';

/** Makes the plugin under test with its options; the kit opens it. */
export type PluginFactory<R extends Role> = () => Configured<R> | Promise<Configured<R>>;

/**
 * The limits that plugins are opened with: small enough to be reached quickly, and a handshake that
 * is not mistaken for a hang on a busy machine.
 */
export const kitLimits: Limits = Object.freeze({
  ...defaultLimits,
  messageBytes: 512 * 1024,
  handshake: 4_000,
});

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silent,
};

/** A machine on which several apps open the same plugin. */
export interface Machine<R extends Role> {
  readonly configured: Configured<R>;
  /** Opens the plugin once more, as another app does; closed when the test ends. */
  open(): OpenPlugin<R>;
  readonly surroundings: RoleSurroundings;
}

/** Asks the factory once; whatever is opened sees the same medium. */
export async function machine<R extends Role>(
  factory: PluginFactory<R>,
  later: Later,
): Promise<Machine<R>> {
  const configured = await factory();
  const loopback = { bind: '127.0.0.1', advertise: '127.0.0.1' };
  const surroundings = { registry: new PlainRegistry(), network: async () => loopback };
  let apps = 0;
  const open = (): OpenPlugin<R> => {
    apps += 1;
    const opened = configured.open({ app: `kit-${apps}`, logger: silent, limits: kitLimits });
    later(() => opened.close());
    return opened;
  };
  return { configured, open, surroundings };
}
