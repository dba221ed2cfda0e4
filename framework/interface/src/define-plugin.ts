import type { Closable } from './closable.ts';
import { ConfigError, MicroError } from './errors.ts';
import type { Configured, OpenPlugin, Plugin, PluginContext } from './plugin.ts';
import type { PluginDefinition, Role, Roles, RoleSurroundings } from './plugin.ts';
import type { InputOf, OutputOf, Schema } from './schema.ts';

/**
 * Declares a plugin; the default export of its package.
 * @example
 * export default definePlugin({
 *   name: 'consul',
 *   options: v.object({ address: v.optional(v.string(), '127.0.0.1:8500') }),
 *   connect: async ({ address }, { limits }) => dial(address, limits),
 *   roles: { registry: { supports, create: (_options, { connection }) => new ConsulRegistry(connection) } },
 * });
 */
export function definePlugin<
  const N extends string,
  S extends Schema = Schema<undefined>,
  C = undefined,
  R extends Role = never,
>(definition: PluginDefinition<N, S, C, R>): Plugin<N, InputOf<S>, R> {
  const { name, roles } = definition;
  const configure = (given?: InputOf<S>): Configured<R> => {
    const options = check(name, definition.options, given) as OutputOf<S>;
    return { name, roles, open: (context) => open(definition, options, context) };
  };
  return Object.assign(configure, { plugin: name, roles, options: definition.options });
}

function check(name: string, schema: Schema | undefined, given: unknown): unknown {
  if (schema === undefined) {
    if (given === undefined) return undefined;
    throw new ConfigError(name, 'takes no options');
  }
  const result = schema['~standard'].validate(given ?? {});
  if (result instanceof Promise) throw new ConfigError(name, 'its options are checked too late');
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = (issue?.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  throw new ConfigError([name, ...path].map(String).join('.'), issue?.message ?? 'invalid');
}

/** Roles that are synchronous and stand in the path of every call, and so are not guarded. */
const direct: ReadonlySet<Role> = new Set<Role>(['codec', 'selector', 'validation']);

/** Opens a plugin: one connection for all of its roles, dialled when needed, again after a loss. */
function open<N extends string, S extends Schema, C, R extends Role>(
  { name, check: refuse, connect, roles }: PluginDefinition<N, S, C, R>,
  options: OutputOf<S>,
  context: PluginContext,
): OpenPlugin<R> {
  refuse?.(options);
  const limit = context.limits.handshake;
  let current: Promise<C & Closable> | undefined;
  let closed = false;
  const check = (): void => {
    if (closed) throw new MicroError('unavailable', `${name} is closed`, { refused: true });
  };
  // Who asks first is told first: whoever waits for it has the same promise.
  const connection = (): Promise<C> => (closed || current === undefined ? dial() : current);
  const dial = (): Promise<C> => {
    const work = started(() => {
      check();
      if (connect === undefined) throw new ConfigError(name, 'has no connection');
      return connect(options, context);
    });
    const mine = inTime(name, limit, work);
    const forget = (): void => void (current === mine && (current = undefined));
    mine.then((link) => link.closed).then(forget, forget);
    return (current = mine);
  };
  return {
    create<K extends R>(role: K, { registry, network }: RoleSurroundings): Roles[K]['is'] {
      const made = roles[role].create(options, { ...context, registry, network, connection });
      return direct.has(role) ? made : guard(name, limit, made, check);
    },
    close: async () => {
      closed = true;
      await (await current?.catch(() => undefined))?.close();
    },
  };
}

/** The instance, with a limit of time and a `MicroError` round each of its verbs. */
function guard<T extends object>(name: string, limit: number, instance: T, check: () => void): T {
  const verbs = new Map<PropertyKey, unknown>();
  const get = (target: T, key: PropertyKey): unknown => {
    const value: unknown = Reflect.get(target, key);
    if (typeof value !== 'function' || verbs.has(key)) return verbs.get(key) ?? value;
    // What did not connect has sent no call yet.
    const verb = (...args: unknown[]): Promise<unknown> => {
      const work = started(() => (check(), value.apply(target, args) as unknown));
      return inTime(name, limit, work, key === 'connect');
    };
    verbs.set(key, verb);
    return verb;
  };
  return new Proxy(instance, { get });
}

/**
 * What `running` resolves with; rejects in time, and with a `MicroError`. What comes too late is closed.
 * Every event that is published passes through here: one promise and one timer, which hold nothing of it.
 */
function inTime<T>(name: string, limit: number, running: Promise<T>, refused = false): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new MicroError('unavailable', `${name} does not answer`, { refused }));
      running.then((late) => (late as Partial<Closable> | undefined)?.close?.()).catch(() => {});
    }, limit);
    const done = (value: T): void => (clearTimeout(timer), resolve(value));
    running.then(done, (cause: unknown) => {
      clearTimeout(timer);
      if (cause instanceof MicroError || cause instanceof ConfigError) return reject(cause);
      const text = cause instanceof Error ? cause.message : String(cause);
      reject(new MicroError('unavailable', `${name}: ${text}`, { cause, refused }));
    });
  });
}

/** Its promise, also where it throws at once. */
function started<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
