import { ConfigError } from '@micro-ts/interface';
import type { Class } from './class.ts';
import type { Client as ClientOf } from './client-types.ts';
import { isStandard, recordFrom, recordOf } from './metadata.ts';
import type { StandardContext } from './metadata.ts';
import type { Checked } from './method-decorator.ts';
import { classDecorator } from './service.ts';
import type { ClassDecorator } from './service.ts';
import type { InjectedBy, InjectionToken } from './token.ts';

/** Token of the client of a service. */
export class ClientToken {
  readonly service: string | Class;

  constructor(service: string | Class) {
    this.service = service;
  }
}

/**
 * A decorator of constructor parameters (legacy) and of fields (legacy and standard) that compiles
 * where `V` fits. `never` stands for a client of which only the name is known.
 */
export interface InjectDecorator<V> {
  <T, const K, const I = never>(
    target: T,
    at: Checked<K, SlotVerdict<T, K, I, V>>,
    index?: I,
  ): void;
}

/**
 * Calls a service by the methods of its class, see `Client<T>` there; and the decorator that injects
 * it. One name for both, so that `import { Client }` holds wherever a compiler keeps the import of a
 * decorated parameter's type.
 */
export type Client<T> = ClientOf<T>;

/**
 * Injects the client of a service.
 * @param service its name, with which `import type` of the class is enough; or the class.
 * @example constructor(@Client('users') private readonly users: Client<Users>) {}
 * @throws ConfigError if it stands elsewhere than on a constructor parameter or a field.
 */
export function Client<T extends object = never>(
  service: string,
): InjectDecorator<[T] extends [never] ? never : ClientOf<T>>;
export function Client<T extends object>(service: Class<T>): InjectDecorator<ClientOf<T>>;
export function Client(service: string | Class): InjectDecorator<never> {
  return inject('@Client', service, () => new ClientToken(service));
}

/**
 * Injects what a token stands for: `Publisher`, `Logger`, a class with `@Injectable()`, or what the
 * app was given by `provide`.
 * @example constructor(@Inject(Publisher) private readonly events: Publisher) {}
 * @throws ConfigError if it stands elsewhere than on a constructor parameter or a field.
 */
export function Inject<const K extends InjectionToken>(token: K): InjectDecorator<InjectedBy<K>> {
  return inject('@Inject', token, () => token);
}

/**
 * Lets the container construct a class: once for each app, with all that its constructor asks for.
 * @example
 * export @Injectable() class Mailer {
 *   constructor(@Inject(Logger) private readonly log: Logger) {}
 * }
 */
export function Injectable(): ClassDecorator {
  return classDecorator('@Injectable', (record) => {
    record.injectable = true;
  });
}

type ParameterDecorator = (target: unknown, at: unknown, index?: unknown) => void;

function inject(decorator: string, given: unknown, makeToken: () => unknown): ParameterDecorator {
  if (given === undefined)
    throw new ConfigError(
      decorator,
      'its class is undefined',
      "Two files import each other. Write @Client('name') with `import type`, or move the class to a file of its own.",
    );
  const token = makeToken();
  return (target, at, index) => {
    if (isStandard(at)) recordStandardField(decorator, token, at);
    else if (typeof target === 'function' && at === undefined && typeof index === 'number') {
      recordOf(target).parameters.set(index, { token });
    } else if (typeof target === 'object' && target !== null && index === undefined) {
      const name = at as string | symbol;
      recordOf(target.constructor).fields.set(name, { token, set: assign(name) });
    } else throw misplaced(decorator, at);
  };
}

function recordStandardField(decorator: string, token: unknown, at: StandardContext): void {
  const { name, access } = at;
  if (at.static === true || access?.set === undefined || name === undefined)
    throw misplaced(decorator, name);
  const { fields } = recordFrom(at);
  // A child's #field is another one than its parent's of the same name.
  if (at.private === true)
    fields.set(Symbol(String(name)), { token, set: access.set.bind(access) });
  else fields.set(name, { token, set: assign(name) });
}

function assign(name: string | symbol): (instance: object, value: unknown) => void {
  return (instance, value) => {
    (instance as Record<string | symbol, unknown>)[name] = value;
  };
}

function misplaced(decorator: string, at: unknown): ConfigError {
  return new ConfigError(
    String(at ?? 'class'),
    `${decorator} belongs on a constructor parameter, or on a field that is not static`,
  );
}

type SlotVerdict<T, K, I, V> =
  Slot<T, K, I> extends { readonly holds: infer S }
    ? [V] extends [never]
      ? unknown extends S
        ? true
        : [S] extends [object]
          ? true
          : 'A client is injected here, and its type is Client<…>'
      : [V] extends [S]
        ? true
        : 'What is injected has another type than this parameter or field'
    : '@Inject and @Client belong on a constructor parameter, or on a field that is not static';

/** Type of the parameter or field. Legacy: `I` is a parameter's index, `K` a field's name. */
type Slot<T, K, I> = [I] extends [never]
  ? K extends { readonly kind: infer Kind }
    ? StandardSlot<K, Kind>
    : T extends Class
      ? undefined
      : { readonly holds: K extends keyof T ? T[K] : unknown }
  : I extends number
    ? [K] extends [undefined]
      ? ParameterSlot<T, I>
      : undefined
    : undefined;

type StandardSlot<K, Kind> = K extends { readonly static: true }
  ? undefined
  : Kind extends 'field' | 'accessor' | 'setter'
    ? K extends { readonly access: { set(instance: never, value: infer F): void } }
      ? { readonly holds: F }
      : { readonly holds: unknown }
    : undefined;

type ParameterSlot<C, I extends number> = C extends abstract new (...args: infer A) => unknown
  ? { readonly holds: A[I] }
  : undefined;
