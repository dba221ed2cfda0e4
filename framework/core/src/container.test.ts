import { ConfigError, Context, Logger } from '@micro-ts/interface';
import { createContainer, provide } from './container.ts';
import type { Class, Container, Provider } from './container.ts';
import { Client, Inject, Injectable } from './inject.ts';
import { Publisher } from './publisher.ts';
import { Service } from './service.ts';
import { role, token } from './token.ts';

class Events extends Publisher {
  async publish(): Promise<void> {}
}
class Silence extends Logger {
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
  with(): Logger {
    return this;
  }
}
const values = new Map<unknown, unknown>([
  [Logger, new Silence()],
  [Publisher, new Events()],
  [role('registry'), { name: 'registry' }],
]);
const made: string[] = [];
const client = (service: string): object => {
  made.push(service);
  return { service };
};
beforeEach(() => made.splice(0));

function containerOf(services: readonly Class[], providers: readonly Provider[] = []): Container {
  const container = createContainer({ client, providers, values });
  for (const service of services) container.add(service);
  return container;
}
async function build<T>(service: Class<T>, ...providers: readonly Provider[]): Promise<T> {
  const instances = await containerOf([service as Class], providers).build();
  return instances.get(service as Class) as T;
}
interface Clock {
  now(): number;
}
const clock = token<Clock>('clock');
const noon: Clock = { now: () => 12 };

@Injectable()
class Templates {
  constructor(readonly log: Logger) {}
}

@Injectable()
class Mailer {
  constructor(
    readonly templates: Templates,
    @Inject(clock) readonly clock: Clock,
  ) {}
}

@Service('letters')
class Letters {
  @Inject(Mailer) readonly second!: Mailer;
  @Client('orders') readonly orders!: object;

  constructor(
    readonly mailer: Mailer,
    @Client('users') readonly users: object,
    @Inject(Publisher) readonly events: Publisher,
    @Inject(role('registry')) readonly registry: object,
  ) {}
}

describe('container', () => {
  it('injects classes, tokens, roles and clients, into parameters and fields', async () => {
    const letters = await build(Letters, provide(clock, { value: noon }));
    expect(letters.mailer).toBeInstanceOf(Mailer);
    expect(letters.mailer.clock).toBe(noon);
    expect(letters.mailer.templates.log).toBe(values.get(Logger));
    expect(letters.events).toBe(values.get(Publisher));
    expect(letters.registry).toBe(values.get(role('registry')));
    expect([letters.users, letters.orders]).toEqual([{ service: 'users' }, { service: 'orders' }]);
    expect(letters.second).toBe(letters.mailer);
  });

  it('makes each thing once for all services, and for each app anew', async () => {
    @Service('other')
    class Other {
      constructor(
        readonly mailer: Mailer,
        @Client('users') readonly users: object,
      ) {}
    }
    const providers = [provide(clock, { value: noon })];
    const instances = await containerOf([Letters, Other], providers).build();
    const [letters, other] = [...instances.values()] as [Letters, Other];
    expect(other.mailer).toBe(letters.mailer);
    expect(other.users).toBe(letters.users);
    expect(made).toEqual(['users', 'orders']);
    expect((await build(Other, ...providers)).mailer).not.toBe(letters.mailer);
  });

  it('injects one service into another, whichever is added first', async () => {
    @Service('b')
    class B {}
    @Service('a')
    class A {
      constructor(@Inject(B) readonly b: B) {}
    }
    for (const services of [
      [A, B],
      [B, A],
    ]) {
      const instances = await containerOf(services).build();
      expect((instances.get(A) as A).b).toBe(instances.get(B));
    }
  });

  it('waits for factories, and calls each once', async () => {
    class Pool {
      constructor(readonly at: number) {}
    }
    @Injectable()
    class Users {
      constructor(readonly pool: Pool) {}
    }
    @Service('both')
    class Both {
      constructor(
        readonly users: Users,
        readonly pool: Pool,
      ) {}
    }
    let calls = 0;
    const open = async ({ now }: Clock): Promise<Pool> => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return new Pool(now());
    };
    const pool = provide(Pool, { inject: [clock], factory: open });
    const both = await build(Both, pool, provide(clock, { value: noon }));
    expect(both.pool.at).toBe(12);
    expect(both.users.pool).toBe(both.pool);
    expect(calls).toBe(1);
  });

  it('prefers what is provided to what Micro brings and to injectable classes', async () => {
    class FakeTemplates extends Templates {}
    const log = new Silence();
    const letters = await build(
      Letters,
      provide(clock, { value: { now: () => 0 } }),
      provide(clock, { value: noon }),
      provide(Logger, { value: log }),
      provide(Templates, { class: FakeTemplates }),
    );
    expect(letters.mailer.clock).toBe(noon);
    expect(letters.mailer.templates).toBeInstanceOf(FakeTemplates);
    expect(letters.mailer.templates.log).toBe(log);
  });

  it("uses the parent's constructor where a class has none", async () => {
    @Service('child')
    class Child extends Letters {}
    const child = await build(Child, provide(clock, { value: noon }));
    expect(child.mailer).toBeInstanceOf(Mailer);
    expect(child.orders).toEqual({ service: 'orders' });
  });

  it('leaves defaults alone, unless they are decorated', async () => {
    @Service('defaults')
    class Defaults {
      constructor(
        readonly log: Logger,
        readonly limit = 5,
        @Inject(clock) readonly clock: Clock = { now: () => 0 },
      ) {}
    }
    const { limit, clock: injected } = await build(Defaults, provide(clock, { value: noon }));
    expect([limit, injected]).toEqual([5, noon]);
  });

  it('tells whether clients or the publisher are used', () => {
    @Injectable()
    class Notifier {
      constructor(readonly events: Publisher) {}
    }
    @Service('indirect')
    class Indirect {
      constructor(readonly notifier: Notifier) {}
    }
    @Service('alone')
    class Alone {
      constructor(readonly log: Logger) {}
    }
    const uses = (service: Class): boolean => containerOf([service]).usesClients;
    expect([uses(Indirect), uses(Alone)]).toEqual([true, false]);
  });
});

describe('container, where something is missing', () => {
  abstract class Storage {
    abstract save(): void;
  }
  class Undecorated {}

  class Store {}

  @Service('emitted')
  class Emitted {
    constructor(readonly store: Store) {}
  }
  @Service('abstract')
  class NeedsAbstract {
    constructor(
      readonly log: Logger,
      readonly storage: Storage,
    ) {}
  }
  @Service('interface')
  class NeedsInterface {
    constructor(readonly clock: Clock) {}
  }
  @Service('text')
  class NeedsText {
    constructor(readonly text: string) {}
  }
  @Service('client')
  class NeedsClient {
    constructor(readonly users: Client<Letters>) {}
  }
  @Service('context')
  class NeedsContext {
    constructor(readonly context: Context) {}
  }
  @Service('noService')
  class NeedsService {
    @Client(Undecorated) readonly other!: object;
  }
  @Service('field')
  class NeedsField {
    @Inject(clock) readonly clock!: Clock;
  }
  class Silent {
    readonly text: string;
    constructor(text: string) {
      this.text = text;
    }
  }

  it.each<[string, Class, RegExp]>([
    [
      'a class without decorator',
      Emitted,
      /^Emitted: constructor parameter 1: asks for Store, which nobody provides\n {2}Put @Injectable\(\) before class Store, or give the app providers: \[provide\(Store, /,
    ],
    [
      'an abstract class',
      NeedsAbstract,
      /^NeedsAbstract: constructor parameter 2: asks for Storage/,
    ],
    ['an interface', NeedsInterface, /parameter 1 has the type of an interface.*\n {2}Put @Inject/],
    ['a primitive', NeedsText, /a union or a primitive, which leaves nothing to inject by/],
    [
      'a client',
      NeedsClient,
      /^NeedsClient: .*which service.*\n {2}Put @Client\('name'\) before it/,
    ],
    ['a context', NeedsContext, /belongs to one call.*\n {2}Take it as the second parameter/],
    ['no service', NeedsService, /^NeedsService: field other: .*Undecorated, which is no service/],
    ['a token', NeedsField, /^NeedsField: field clock: asks for clock, which nobody provides/],
    ['nothing at all', Silent, /^Silent: nothing says what to inject as constructor parameter 1\n/],
  ])('says so, with the cure: %s', (_what, service, sentence) => {
    const add = (): Container => containerOf([service]);
    expect(add).toThrow(ConfigError);
    expect(add).toThrow(sentence);
  });

  it('says what a factory misses', () => {
    const providers = [provide(clock, { inject: [Storage], factory: () => noon })];
    const add = (): Container => containerOf([NeedsField], providers);
    expect(add).toThrow(/^provide\(clock\): inject 1: asks for Storage, which nobody provides/);
  });

  it('names a circle', () => {
    const [a, b] = [token<object>('a'), token<object>('b')];
    @Service('round')
    class Round {
      @Inject(a) readonly a!: object;
    }
    const providers = [
      provide(a, { inject: [b], factory: (made) => made }),
      provide(b, { inject: [a], factory: (made) => made }),
    ];
    const add = (): Container => containerOf([Round], providers);
    expect(add).toThrow(/^a: needs itself: a → b → a\n {2}Break the circle/);
  });
});

describe('container, at the end', () => {
  const log: string[] = [];
  beforeEach(() => log.splice(0));

  class Pool {
    constructor(readonly name: string) {}
    async close(): Promise<void> {
      await Promise.resolve();
      log.push(`${this.name} closed`);
    }
  }
  @Injectable()
  class Cache {
    constructor(readonly pool: Pool) {}
    [Symbol.asyncDispose](): Promise<void> {
      log.push('cache disposed');
      return Promise.resolve();
    }
  }
  @Injectable()
  class Accounts {
    close(id: string): void {
      log.push(`account ${id} closed`);
    }
  }
  @Service('bank')
  class Bank {
    constructor(
      readonly cache: Cache,
      readonly accounts: Accounts,
      @Inject(clock) readonly clock: Clock,
    ) {}
    async close(): Promise<object> {
      log.push('service closed');
      return {};
    }
  }
  const pool = provide(Pool, { factory: async () => new Pool('pool') });

  it('closes what it made, the youngest first, and nothing else', async () => {
    const shared = Object.assign(new Pool('shared'), { now: () => 0 });
    const container = containerOf([Bank], [pool, provide(clock, { value: shared })]);
    await container.build();
    await Promise.all([container.close(), container.close()]);
    expect(log).toEqual(['cache disposed', 'pool closed']);
  });

  it('closes as it is told, and the rest even if something fails to close', async () => {
    const close = (): never => {
      throw new Error('stuck');
    };
    const providers = [pool, provide(clock, { inject: [Pool], factory: () => noon, close })];
    const container = containerOf([Bank], providers);
    await container.build();
    await expect(container.close()).rejects.toThrow(AggregateError);
    expect(log.sort()).toEqual(['cache disposed', 'pool closed']);
  });

  it('closes what was made when something else could not be', async () => {
    const late = async (): Promise<Pool> => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return new Pool('late');
    };
    const refuse = async (): Promise<Clock> => Promise.reject(new Error('no time'));
    const providers = [provide(Pool, { factory: late }), provide(clock, { factory: refuse })];
    const building = containerOf([Bank], providers).build();
    await expect(building).rejects.toThrow('clock could not be made: no time');
    await expect(building).rejects.toHaveProperty('cause.message', 'no time');
    expect(log).toEqual(['late closed']);
  });

  it('tells which class threw', async () => {
    @Service('broken')
    class Broken {
      constructor() {
        throw new TypeError('bad luck');
      }
    }
    await expect(build(Broken)).rejects.toThrow('Broken could not be made: bad luck');
  });
});
