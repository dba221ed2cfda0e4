import { defaultLimits } from '@micro-ts/interface';
import type { Configured, Limits, OpenPlugin, Role } from '@micro-ts/interface';
import type { RoleSurroundings } from '@micro-ts/interface';
import type { Later } from './clause.ts';
import { LogRecorder } from './log-recorder.ts';
import { loopbackSurroundings } from './open-plugin.ts';

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
  let apps = 0;
  const open = (): OpenPlugin<R> => {
    apps += 1;
    const logger = new LogRecorder();
    const opened = configured.open({ app: `kit-${apps}`, logger, limits: kitLimits });
    later(() => opened.close());
    return opened;
  };
  return { configured, open, surroundings: loopbackSurroundings() };
}
