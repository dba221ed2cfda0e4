import type { Configured, Role } from '@micro-ts/interface';
import { withAddress } from './plugin-address.ts';
import {
  brokenPlugin,
  cannotPlay,
  givenByValue,
  missingPlugin,
  misconfigured,
  noPlugin,
  unreadable,
} from './plugin-errors.ts';
import { findPlugin, isPlugin } from './plugin-packages.ts';
import type { AnyPlugin } from './plugin-packages.ts';
import type { Place } from './place.ts';

type Options = Readonly<Record<string, unknown>>;

interface Made {
  readonly plugin: AnyPlugin | undefined;
  readonly options: Options | undefined;
  readonly configured: Configured;
}

/**
 * Makes the plugins of one app ready for use. The same plugin with the same options is made once, so
 * that its roles share a connection.
 */
export class PluginResolver {
  readonly #made: Made[] = [];

  /**
   * @param use what stands in the configuration: not yet checked, where it comes from JSON. A bare
   * name takes the options that the plugin was given for an earlier role.
   * @throws ConfigError that says what is wrong, where it was written, and what to do.
   */
  async resolve<R extends Role>(role: R, use: unknown, place: Place): Promise<Configured<R>> {
    const configured = await this.#configure(role, use, place);
    if (!Object.hasOwn(configured.roles, role)) throw await cannotPlay(role, configured, place);
    return configured as Configured as Configured<R>;
  }

  async #configure(role: Role, use: unknown, place: Place): Promise<Configured> {
    if (isConfigured(use)) {
      if (place.address !== undefined) throw givenByValue(use, place.from, place.address);
      this.#made.push({ plugin: undefined, options: undefined, configured: use });
      return use;
    }
    const asked = readUse(use);
    if (asked === undefined) throw unreadable(role, place);
    const { name, options } = asked;
    if (options === undefined && place.address === undefined) {
      const made = this.#made.find(({ configured }) => configured.name === name);
      if (made !== undefined) return made.configured;
    }
    const plugin = asked.plugin ?? (await load(role, name, place));
    try {
      const { address } = place;
      const final =
        address === undefined ? options : withAddress(role, plugin, options ?? {}, address);
      return this.#make(plugin, final);
    } catch (error) {
      throw misconfigured(role, plugin, error, place);
    }
  }

  #make(plugin: AnyPlugin, options: Options | undefined): Configured {
    const same = this.#made.find((made) => made.plugin === plugin && isSame(made.options, options));
    if (same !== undefined) return same.configured;
    const configured = plugin(options);
    this.#made.push({ plugin, options, configured });
    return configured;
  }
}

/** True for a plugin with its options: what `etcd({ … })` returns. */
export function isConfigured(value: unknown): value is Configured {
  if (typeof value !== 'object' || value === null) return false;
  return typeof Reflect.get(value, 'open') === 'function' && 'roles' in value && 'name' in value;
}

/** Equal as data; what is more than data, such as a socket or a function, only to itself. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isPlain(a) || !isPlain(b)) return Object.is(a, b);
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length || Array.isArray(a) !== Array.isArray(b)) return false;
  return names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]));
}

function isPlain(value: unknown): value is Options {
  if (typeof value !== 'object' || value === null) return false;
  return [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));
}

/** What a configuration says of a plugin, other than by its value. */
interface Asked {
  readonly name: string;
  readonly options: Options | undefined;
  /** Given as it is, without being called. */
  readonly plugin?: AnyPlugin;
}

/** `undefined` for what names no plugin. */
export function readUse(use: unknown): Asked | undefined {
  const [first, options, ...more] = Array.isArray(use) ? (use as readonly unknown[]) : [use];
  if (more.length > 0 || !isOptions(options)) return undefined;
  if (isPlugin(first)) return { name: first.plugin, options, plugin: first };
  return typeof first === 'string' && first !== '' ? { name: first, options } : undefined;
}

function isOptions(value: unknown): value is Options | undefined {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function load(role: Role, name: string, place: Place): Promise<AnyPlugin> {
  const found = await findPlugin(name, place.folder);
  switch (found.is) {
    case 'plugin':
      return found.plugin;
    case 'missing':
      throw missingPlugin(role, name, found.packages, place);
    case 'no plugin':
      throw noPlugin(role, found.package, place);
    case 'broken':
      throw brokenPlugin(role, found.package, found.reason, place);
  }
}
