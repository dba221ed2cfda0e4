import { ConfigError, Context } from '@micro-ts/interface';
import type { Class } from './class.ts';
import { disposalOf } from './disposal.ts';
import { ClientToken } from './inject.ts';
import { constructionOf, serviceOf } from './injections.ts';
import type { Need } from './injections.ts';
import { Container as Inversify } from './inversify.ts';
import { MadeValues } from './made-values.ts';
import type { Disposal } from './made-values.ts';
import { read } from './metadata.ts';
import type { Provider } from './provide.ts';
import { Publisher } from './publisher.ts';
import { nameOfToken } from './token.ts';

export type { Class } from './class.ts';
export { provide } from './provide.ts';
export type { Provider } from './provide.ts';

/** What a container injects. */
export interface ContainerOptions {
  /** Makes the client of a service; asked once for each. */
  readonly client: (service: string) => object;
  /** What the user provides. */
  readonly providers: readonly Provider[];
  /** What Micro brings, by token: `Logger`, `Publisher`, roles. */
  readonly values: ReadonlyMap<unknown, unknown>;
}

/** Constructs the services of one app, and what they ask for: each class and token once. */
export interface Container {
  /**
   * Adds a service, and all that it asks for.
   * @throws ConfigError a sentence with the cure, if something of it cannot be had
   */
  add(service: Class): void;
  /**
   * Constructs all that was added. If that fails, what was made is closed again.
   * @throws Error of a constructor or a factory, as `cause`
   */
  build(): Promise<ReadonlyMap<Class, object>>;
  /** A class that was added asks for a client or the publisher, or something that it asks for does. */
  readonly usesClients: boolean;
  /** Closes what was made for the services, the youngest first. Services are not closed. Idempotent. */
  close(): Promise<void>;
}

/** Makes a container. Nothing is constructed before {@link Container.build}. */
export function createContainer(options: ContainerOptions): Container {
  return new InversifyContainer(options);
}

/** How one token is made. */
interface Recipe {
  readonly needs: readonly (Need | undefined)[];
  make(injected: readonly unknown[]): unknown;
  /** Absent for what was not made here. */
  readonly disposal?: Disposal;
}

/**
 * Every token is bound as a function of other tokens, whose list was worked out before. inversify's
 * own decorators are not used, so what was recorded is what is injected, whatever the compiler.
 */
class InversifyContainer implements Container {
  usesClients = false;
  readonly #options: ContainerOptions;
  readonly #inversify = new Inversify({ defaultScope: 'Singleton', jitless: true });
  readonly #providers: ReadonlyMap<unknown, Provider>;
  readonly #services = new Map<Class, symbol>();
  readonly #identifiers = new Map<unknown, symbol>();
  /** Tokens whose needs are being bound, to notice those that need themselves. */
  readonly #path: unknown[] = [];
  readonly #made = new MadeValues();

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.#providers = new Map(options.providers.map((provider) => [provider.token, provider]));
    this.#inversify.bind(nobody).toConstantValue(undefined);
  }

  add(service: Class): void {
    if (this.#services.has(service)) return;
    const id = this.#identifiers.get(service) ?? this.#bind(service, constructing(service));
    this.#services.set(service, id);
  }

  async build(): Promise<ReadonlyMap<Class, object>> {
    const construct = async ([service, id]: readonly [Class, symbol]) =>
      [service, await this.#inversify.getAsync<object>(id)] as const;
    try {
      return new Map(await Promise.all([...this.#services].map(construct)));
    } catch (error) {
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#made.close();
  }

  /** The identifier of a token, bound with all that it needs. */
  #identifier({ token, where }: Need): symbol {
    const key = token instanceof ClientToken ? `client ${serviceOf(token, where)}` : token;
    const known = this.#identifiers.get(key);
    if (token instanceof ClientToken || token === Publisher) this.usesClients = true;
    if (known === undefined) return this.#bind(key, this.#recipe(token, where));
    const start = this.#path.indexOf(key);
    if (start >= 0) throw circular(this.#path.slice(start));
    return known;
  }

  #bind(key: unknown, { needs, make, disposal }: Recipe): symbol {
    const name = nameOfToken(key);
    const id = Symbol(name);
    this.#identifiers.set(key, id);
    this.#path.push(key);
    const ids = needs.map((need) => (need === undefined ? nobody : this.#identifier(need)));
    this.#path.pop();
    const produce = (...injected: unknown[]): unknown =>
      this.#made.make(name, () => make(injected), disposal);
    this.#inversify.bind<unknown>(id).toResolvedValue<unknown[]>(produce, ids);
    return id;
  }

  #recipe(token: unknown, where: string): Recipe {
    const { client, values } = this.#options;
    if (token instanceof ClientToken) return constant(() => client(serviceOf(token, where)));
    const provider = this.#providers.get(token);
    if (provider !== undefined) return provided(provider);
    if (values.has(token)) return constant(() => values.get(token));
    if (typeof token === 'function' && read(token)?.injectable === true)
      return constructing(token as Class);
    throw missing(token, where);
  }
}

/** Stands for a parameter whose default holds. */
const nobody = Symbol('nothing');

const constant = (make: () => unknown): Recipe => ({ needs: [], make });

/** What is called `close` in a service may be a handler, so services are not closed. */
function constructing(target: Class): Recipe {
  const { needs, construct } = constructionOf(target);
  if (read(target)?.service !== undefined) return { needs, make: construct };
  return { needs, make: construct, disposal: disposalOf };
}

function provided({ token, source }: Provider): Recipe {
  if ('value' in source) return constant(() => source.value);
  if ('class' in source) return constructing(source.class);
  const { factory, inject = [], close } = source;
  const where = (at: number): string => `provide(${nameOfToken(token)}): inject ${at + 1}`;
  return {
    needs: inject.map((each, at) => ({ token: each, where: where(at) })),
    make: (injected) => factory(...(injected as never[])),
    disposal: (value) => (close === undefined ? disposalOf(value) : () => close(value as never)),
  };
}

function circular(path: readonly unknown[]): ConfigError {
  const names = [...path, path[0]].map(nameOfToken).join(' → ');
  return new ConfigError(
    nameOfToken(path[0]),
    `needs itself: ${names}`,
    "Break the circle: move what they share to a third class, or call one of them through @Client('name').",
  );
}

function missing(token: unknown, where: string): ConfigError {
  const name = nameOfToken(token);
  if (token === Context)
    return new ConfigError(
      where,
      'asks for a Context, which belongs to one call and not to the service',
      'Take it as the second parameter of the handler.',
    );
  const cure = `providers: [provide(${name}, { value, class or factory })]`;
  return new ConfigError(
    where,
    `asks for ${name}, which nobody provides`,
    typeof token === 'function'
      ? `Put @Injectable() before class ${name}, or give the app ${cure}.`
      : `Give the app ${cure}.`,
  );
}
