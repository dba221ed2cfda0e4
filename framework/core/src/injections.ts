import { ConfigError } from '@micro-ts/interface';
import type { Class } from './class.ts';
import { Client } from './inject.ts';
import type { ClientToken } from './inject.ts';
import { read } from './metadata.ts';
import type { Injection } from './metadata.ts';

/** One thing that a class or a factory asks for, and where, for error messages. */
export interface Need {
  readonly token: unknown;
  /** `Greeter: constructor parameter 2`. */
  readonly where: string;
}

/** How a class is constructed: what it takes, and what is put into its fields afterwards. */
export interface Construction {
  readonly needs: readonly (Need | undefined)[];
  construct(injected: readonly unknown[]): object;
}

/**
 * Works out what to inject into a class, of its decorators, and of the types of its constructor's
 * parameters where the compiler emits them.
 * @throws ConfigError if a parameter says nothing, naming it and the cure
 */
export function constructionOf(target: Class): Construction {
  const parameters = parametersOf(target);
  const fields = [...(read(target)?.fields ?? [])];
  const asField = ([name, { token }]: (typeof fields)[number]): Need => ({
    token,
    where: `${target.name}: field ${typeof name === 'symbol' ? name.description : name}`,
  });
  return {
    needs: [...parameters, ...fields.map(asField)],
    construct(injected) {
      const instance: unknown = Reflect.construct(target, injected.slice(0, parameters.length));
      fields.forEach(([, { set }], at) =>
        set?.(instance as object, injected[parameters.length + at]),
      );
      return instance as object;
    },
  };
}

/**
 * What the constructor takes, by position; `undefined` where a default holds. A parameter with a
 * default is injected only if it is decorated, so that all compilers do the same.
 */
function parametersOf(target: Class): readonly (Need | undefined)[] {
  const emitted = Reflect.getOwnMetadata('design:paramtypes', target) as unknown;
  const types: readonly unknown[] | undefined = Array.isArray(emitted) ? emitted : undefined;
  const explicit = read(target)?.parameters ?? new Map<number, Injection>();
  if (target.length === 0 && explicit.size === 0 && types === undefined) {
    const parent: unknown = Object.getPrototypeOf(target);
    const none = typeof parent !== 'function' || parent === Function.prototype;
    return none ? [] : parametersOf(parent as Class);
  }
  const count = Math.max(target.length, ...[...explicit.keys()].map((at) => at + 1));
  return Array.from({ length: count }, (_, at) => {
    const where = `${target.name}: constructor parameter ${at + 1}`;
    const injection = explicit.get(at);
    if (injection !== undefined) return { token: injection.token, where };
    if (at >= target.length) return undefined;
    if (types === undefined) throw silent(target.name, at);
    const type = types[at];
    if (says(type)) return { token: type, where };
    throw type === undefined ? unloaded(target.name, at) : typeless(target.name, at, type);
  });
}

/** What compilers emit for types that are no classes. */
const nothing: ReadonlySet<unknown> = new Set<unknown>([
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  BigInt,
  Symbol,
  Promise,
  Client,
]);

const says = (type: unknown): boolean => typeof type === 'function' && !nothing.has(type);

function silent(name: string, at: number): ConfigError {
  return new ConfigError(
    name,
    `nothing says what to inject as constructor parameter ${at + 1}`,
    "Put @Inject(Token) or @Client('name') before it. Types are seen only where the class is decorated and the compiler emits decorator metadata, which tsx and esbuild never do; standard decorators can decorate fields, not parameters.",
  );
}

function typeless(name: string, at: number, type: unknown): ConfigError {
  const client = type === Client;
  return new ConfigError(
    name,
    client
      ? `nothing says of which service the client is that constructor parameter ${at + 1} takes`
      : `constructor parameter ${at + 1} has the type of an interface, a union or a primitive, which leaves nothing to inject by`,
    client
      ? "Put @Client('name') before it."
      : "Put @Inject(Token) before it, or @Client('name') if it is a client.",
  );
}

function unloaded(name: string, at: number): ConfigError {
  return new ConfigError(
    name,
    `the class of constructor parameter ${at + 1} was still loading when this one was declared`,
    'Two files import each other. Move the class to a file of its own.',
  );
}

/** Name of the service that a client is of. */
export function serviceOf({ service }: ClientToken, where: string): string {
  if (typeof service === 'string') return service;
  const name = read(service)?.service?.name;
  if (name !== undefined) return name;
  throw new ConfigError(
    where,
    `asks for a client of ${service.name}, which is no service`,
    `Put @Service('name') before class ${service.name}, or write @Client('name').`,
  );
}
