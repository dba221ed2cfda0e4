import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { Controller, Get, Inject, Injectable, Module, Param } from '@nestjs/common';
import type { DynamicModule, OnModuleInit } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { until } from '@micro-ts/testing';
import { Publisher, Service, topic } from 'micro-ts';
import type { Client, Config } from 'micro-ts';
import { firstValueFrom, from, toArray } from 'rxjs';
import { App, getClientToken, InjectClient, MicroModule } from './index.ts';
import type { MicroConfigFactory, MicroModuleAsyncOptions } from './index.ts';
import { moduleOf, quiet } from './nest.test.fixture.ts';
import { afterwards, serve, Users, world } from './users.test.fixture.ts';

const seen = topic<{ name: string }>('user.seen');

@Controller('users')
class UsersController {
  constructor(
    @InjectClient('users') private readonly users: Client<Users>,
    @Inject(Publisher) private readonly events: Publisher,
  ) {}

  @Get('wait/:ms')
  wait(@Param('ms') ms: string): Promise<{ waited: number }> {
    return this.users.wait({ ms: Number(ms) });
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<{ name: string }> {
    const user = await this.users.get({ id });
    await this.events.publish(seen, user);
    return user;
  }
}

async function http(...imports: DynamicModule[]): Promise<NestFastifyApplication> {
  @Module({ imports, controllers: [UsersController] })
  class AppModule {}
  const nest = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  afterwards(() => nest.close());
  return nest;
}

describe('MicroModule in an HTTP application', () => {
  it('injects clients and the publisher', async () => {
    const config = world();
    const other = await serve(config, new Users());
    const heard = new Promise((resolve) => void other.subscribe(seen, async (e) => resolve(e)));
    const nest = await http(MicroModule.forRoot(config));
    await nest.listen(0, '127.0.0.1');
    const answer = await fetch(`${await nest.getUrl()}/users/1`);
    expect(await answer.json()).toEqual({ name: 'Ann 1' });
    expect(await heard).toEqual({ name: 'Ann 1' });
  });

  it('answers the requests in hand before it closes, and calls for them', async () => {
    const config = world();
    const users = new Users();
    await serve(config, users);
    const nest = await http(MicroModule.forRoot(config));
    await nest.listen(0, '127.0.0.1');
    const begun = new Promise<void>((resolve) => (users.told = resolve));
    const answer = fetch(`${await nest.getUrl()}/users/wait/300`);
    await begun;
    await nest.close();
    expect(users.running).toBe(0);
    expect(await (await answer).json()).toEqual({ waited: 300 });
    await expect(nest.get(App).list()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('an HTTP application that closes', () => {
  it('waits for requests, and not for connections on which there are none', async () => {
    const config = world();
    const users = new Users();
    await serve(config, users);
    const nest = await http(MicroModule.forRoot(config));
    const server = (await nest.listen(0, '127.0.0.1')) as Server;
    const { port } = server.address() as AddressInfo;
    const silent = connect(port, '127.0.0.1');
    const closed = once(silent, 'close');
    await once(silent, 'connect');
    const keepAlive = new Agent({ keepAlive: true });
    afterwards(() => keepAlive.destroy());
    const get = (path: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const url = `http://127.0.0.1:${port}/users/${path}`;
        const told = ({ statusCode }: IncomingMessage): void => resolve(statusCode);
        request(url, { agent: keepAlive }, told).on('error', reject).end();
      });
    expect(await get('1')).toBe(200);
    const answer = get('wait/1500');
    await until(() => users.running === 1);
    await nest.close();
    expect(await answer).toBe(200);
    await closed;
  });
});

describe('an application that cannot start', () => {
  it('says why, and leaves nothing open', async () => {
    const nest = await http(MicroModule.forRoot({ registry: './nowhere.ts' }));
    await expect(nest.init()).rejects.toMatchObject({ name: 'ConfigError', key: 'registry' });
    await nest.close();
  });

  it('closes what it has opened', async () => {
    @Module({})
    class FailingModule {
      onModuleInit(): void {
        throw new TypeError('not my day');
      }
    }
    const nest = await http(MicroModule.forRoot(world()), { module: FailingModule });
    await expect(nest.init()).rejects.toThrow('not my day');
    const app = nest.get(App);
    expect(app.health().status).toBe('ok');
    await nest.close();
    expect(app.health().status).toBe('stopping');
  });
});

describe('App', () => {
  @Injectable()
  class Early implements OnModuleInit {
    services: readonly string[] = [];

    constructor(@Inject(App) private readonly app: App) {}

    async onModuleInit(): Promise<void> {
      this.services = await this.app.list();
    }
  }

  it('is open when other modules are initialised, and has the verbs of the registry', async () => {
    const config = world();
    await serve(config, new Users());
    const module = await Test.createTestingModule({
      imports: [MicroModule.forRoot(config)],
      providers: [Early],
    }).compile();
    await module.init();
    afterwards(() => module.close());
    expect(module.get(Early).services).toEqual(['users']);
    const app = module.get(App);
    const [node] = await app.lookup('users');
    expect(node).toMatchObject({ service: 'users', version: '1.2.0' });
    const told = new Promise(
      (resolve) => void app.watch((all) => resolve(all.get('legacy')), 'legacy'),
    );
    expect(await told).toEqual([]);
    const kept = await app.register({ ...node!, id: 'legacy-1', service: 'legacy', endpoints: [] });
    expect(await app.list()).toEqual(['legacy', 'users']);
    await kept.close();
    expect(await app.list()).toEqual(['users']);
    await app.deregister(node!);
    expect(await app.list()).toEqual([]);
    expect(app.health()).toMatchObject({ status: 'ok' });
  });

  it('says so when it is used too early', async () => {
    const module = await Test.createTestingModule({
      imports: [MicroModule.forRoot(world())],
    }).compile();
    expect(() => module.get(App).list()).toThrow('opens in onModuleInit');
  });

  it('can be replaced by a fake in tests', async () => {
    const module = await Test.createTestingModule({
      imports: [MicroModule.forRoot()],
      providers: [Early],
    })
      .overrideProvider(App)
      .useValue({ client: () => ({}), list: async () => ['fake'] })
      .compile();
    await module.init();
    expect(module.get(Early).services).toEqual(['fake']);
  });

  describe('is configured by what Nest provides:', () => {
    const Settings = Symbol('settings');
    @Injectable()
    class Configures implements MicroConfigFactory {
      constructor(@Inject(Settings) private readonly settings: Config) {}

      async createMicroConfig(): Promise<Config> {
        return this.settings;
      }
    }
    const source = { inject: [Settings], useFactory: async (settings: Config) => settings };
    it.each<[string, MicroModuleAsyncOptions]>([
      ['useFactory', source],
      ['useClass', { useClass: Configures }],
      ['useExisting', { useExisting: Configures }],
    ])('%s', async (_, how) => {
      const config = world();
      await serve(config, new Users());
      const provided = { provide: Settings, useValue: config };
      const existing = 'useExisting' in how ? [Configures] : [];
      @Module({ providers: [provided, ...existing], exports: [Settings, ...existing] })
      class SettingsModule {}
      const root = MicroModule.forRootAsync({ imports: [SettingsModule], ...how });
      const module = await Test.createTestingModule({ imports: [root] }).compile();
      await module.init();
      afterwards(() => module.close());
      expect(await module.get(App).list()).toEqual(['users']);
    });
  });

  it('is one, in one place', async () => {
    const one = MicroModule.forRoot(world());
    const features = [moduleOf({ imports: [one] }), moduleOf({ imports: [one] })];
    const module = await Test.createTestingModule({ imports: features }).compile();
    await module.close();
    const imports = [...features, MicroModule.forRoot(world())];
    const boot = Test.createTestingModule({ imports }).compile();
    await expect(boot).rejects.toThrow('MicroModule: is configured twice');
  });
});

describe('a client', () => {
  it('can be asked for by its class, and into a field', async () => {
    const config = world();
    await serve(config, new Users());
    @Injectable()
    class Asks {
      @InjectClient(Users)
      readonly users!: Client<Users>;
    }
    const imports = [MicroModule.forRoot(config)];
    const module = await Test.createTestingModule({ imports, providers: [Asks] }).compile();
    await module.init();
    afterwards(() => module.close());
    const { users } = module.get(Asks);
    expect(await users.get({ id: '3' })).toEqual({ name: 'Ann 3' });
    const numbers: number[] = [];
    for await (const { n } of users.count({ to: 3 })) numbers.push(n);
    expect(numbers).toEqual([1, 2, 3]);
    expect(await firstValueFrom(from(users.get({ id: '3' })))).toEqual({ name: 'Ann 3' });
    const counted = from(users.count({ to: 3 })).pipe(toArray());
    expect(await firstValueFrom(counted)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    const failing = firstValueFrom(from(users.get({ id: 'nobody' })));
    await expect(failing).rejects.toMatchObject({ code: 'not_found' });
  });

  it('has a token, for factories and for fakes', async () => {
    @Injectable()
    class Asks {
      constructor(@InjectClient('users') readonly users: Client<Users>) {}
    }
    const fake = { get: async () => ({ name: 'Fake' }) };
    const provided = { provide: getClientToken('users'), useValue: fake };
    const unit = await Test.createTestingModule({ providers: [Asks, provided] }).compile();
    expect(await unit.get(Asks).users.get({ id: '1' })).toEqual({ name: 'Fake' });
    const whole = await Test.createTestingModule({
      imports: [MicroModule.forRoot(world())],
      providers: [
        Asks,
        {
          provide: 'MADE',
          inject: [getClientToken('users')],
          useFactory: (users: object) => users,
        },
      ],
    })
      .overrideProvider(getClientToken('users'))
      .useValue(fake)
      .compile();
    afterwards(() => whole.close());
    expect(whole.get(Asks).users).toBe(fake);
    expect(whole.get('MADE')).toBe(fake);
  });

  it('can be asked for by what is loaded later', async () => {
    const config = world();
    @Service('later')
    class Later extends Users {}
    await serve(config, new Later());
    const imports = [MicroModule.forRoot(config)];
    const nest = await NestFactory.createApplicationContext(moduleOf({ imports }), quiet);
    afterwards(() => nest.close());
    const load = async (...more: DynamicModule[]) => {
      @Injectable()
      class Late {
        constructor(@InjectClient(Later) readonly client: Client<Later>) {}
      }
      const module = moduleOf({ imports: more, providers: [Late] });
      const loaded = await nest.get(LazyModuleLoader).load(() => module);
      return loaded.get(Late).client.get({ id: '4' });
    };
    await expect(load()).rejects.toThrow('Client(Later)');
    expect(await load(MicroModule.forFeature([Later]))).toEqual({ name: 'Ann 4' });
  });

  it('cannot be of a class that is still loading', () => {
    expect(() => InjectClient(undefined as never)).toThrow('its class is undefined');
  });

  it('has none of the hooks that Nest asks for, nor what JavaScript asks for', async () => {
    const config = world();
    await serve(config, new Users());
    const module = await Test.createTestingModule({
      imports: [MicroModule.forRoot(config), MicroModule.forFeature(['late'])],
    }).compile();
    await module.init();
    afterwards(() => module.close());
    const users = module.get(App).client('users');
    for (const name of ['onModuleInit', 'beforeApplicationShutdown', 'then', 'toJSON', '__proto__'])
      expect(users[name]).toBeUndefined();
    expect(await users['get']?.({ id: '2' })).toEqual({ name: 'Ann 2' });
  });
});
