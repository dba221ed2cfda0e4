import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import type {
  INestApplication,
  INestMicroservice,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { memory } from '@micro-ts/memory';
import { until } from '@micro-ts/testing';
import { ConfigError } from 'micro-ts';
import type { Client, Config } from 'micro-ts';
import { App, InjectClient, MicroModule, MicroServer } from './index.ts';
import { client, quiet } from './nest.test.fixture.ts';
import { afterwards, serve, Users, world } from './users.test.fixture.ts';

/** Calls others as soon as it is there, and as long as it is. */
@Injectable()
class Diary implements OnModuleInit, OnApplicationShutdown {
  readonly entries: unknown[] = [];

  constructor(
    @Inject(App) private readonly app: App,
    @InjectClient('users') private readonly users: Client<Users>,
  ) {}

  async onModuleInit(): Promise<void> {
    this.entries.push(await this.app.list(), await this.users.get({ id: '1' }));
  }

  async onApplicationShutdown(): Promise<void> {
    this.entries.push(await this.app.list(), await this.users.get({ id: '2' }));
  }
}

@Controller()
class Desk {
  constructor(@InjectClient('users') private readonly users: Client<Users>) {}

  @Get('wait')
  @MessagePattern('Desk.Wait')
  wait(): Promise<unknown> {
    return this.users.wait({ ms: 1_000 });
  }
}

@Controller()
class Window {
  @MessagePattern('open')
  open(): object {
    return { open: true };
  }
}

function moduleIn(config: Config): new () => object {
  @Module({
    imports: [MicroModule.forRoot(config)],
    controllers: [Desk, Window],
    providers: [Diary],
  })
  class AppModule {}
  return AppModule;
}

async function hybrid(config: Config): Promise<NestFastifyApplication> {
  const nest = await NestFactory.create<NestFastifyApplication>(
    moduleIn(config),
    new FastifyAdapter(),
    quiet,
  );
  afterwards(() => nest.close());
  return nest;
}

function connect(nest: INestApplication, name = 'desk'): MicroServer {
  const strategy = new MicroServer({ name, version: '1.0.0', app: nest.get(App) });
  nest.connectMicroservice({ strategy });
  return strategy;
}

async function around() {
  const config = world();
  const users = new Users();
  await serve(config, users);
  return { config, users, others: await client(config) };
}

/** The same world, and what apps open in it. */
function watchOpenings(config: Config): { watched: Config; openings: { close(): unknown }[] } {
  const openings: { close(): unknown }[] = [];
  const plugin = config.registry as ReturnType<typeof memory>;
  const open: typeof plugin.open = (context) => {
    const opened = plugin.open(context);
    openings.push(opened);
    return opened;
  };
  const own = { ...plugin, open };
  return { openings, watched: { ...config, registry: own, transport: own, broker: own } };
}

const diaryOf = (nest: INestApplication | INestMicroservice): readonly unknown[] =>
  nest.get(Diary).entries;

describe('MicroServer with the app of MicroModule', () => {
  it('serves through it when it listens, and not before', async () => {
    const { config, others } = await around();
    const nest = await hybrid(config);
    const server = connect(nest);
    await nest.init();
    expect(diaryOf(nest)).toEqual([['users'], { name: 'Ann 1' }]);
    expect(await others.list()).toEqual(['users']);
    await nest.startAllMicroservices();
    const app = nest.get(App);
    expect(await server.unwrap()).toBe(app);
    expect(app.nodes).toMatchObject([{ service: 'desk', version: '1.0.0' }]);
    expect(await others.lookup('desk')).toEqual(app.nodes);
    expect(await others.call('desk', 'Desk.Open')).toEqual({ open: true });
  });

  it('drains before the application ends, which can call until it has', async () => {
    const { config, users, others } = await around();
    const nest = await hybrid(config);
    connect(nest);
    await nest.startAllMicroservices();
    await nest.listen(0, '127.0.0.1');
    const answers = [
      others.call('desk', 'Desk.Wait'),
      fetch(`${await nest.getUrl()}/wait`).then((answer) => answer.json()),
    ];
    await until(() => users.running === 2);
    await nest.close();
    expect(users.running).toBe(0);
    expect(await Promise.all(answers)).toEqual([{ waited: 1_000 }, { waited: 1_000 }]);
    expect(diaryOf(nest).slice(2)).toEqual([['users'], { name: 'Ann 2' }]);
    await expect(nest.get(App).list()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is made of what Nest provides in an application that is nothing else', async () => {
    const { config, users, others } = await around();
    const nest = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(moduleIn(config), {
      ...quiet,
      inject: [App],
      useFactory: (app: App) => ({ strategy: new MicroServer({ name: 'desk', app }) }),
    });
    afterwards(() => nest.close());
    await nest.listen();
    expect(diaryOf(nest)).toEqual([['users'], { name: 'Ann 1' }]);
    const answer = others.call('desk', 'Desk.Wait');
    await until(() => users.running === 1);
    await nest.close();
    expect(await answer).toEqual({ waited: 1_000 });
    expect(diaryOf(nest).slice(2)).toEqual([['users'], { name: 'Ann 2' }]);
    expect(await others.list()).toEqual(['users']);
  });

  it('can be several', async () => {
    const { config, others } = await around();
    const nest = await hybrid(config);
    connect(nest, 'desk');
    connect(nest, 'counter');
    await nest.startAllMicroservices();
    await nest.init();
    expect(await others.list()).toEqual(['counter', 'desk', 'users']);
    expect(await others.call('counter', 'Counter.Open')).toEqual({ open: true });
    await nest.close();
    expect(await others.list()).toEqual(['users']);
  });

  it('that never listens leaves the application its end', async () => {
    const { config } = await around();
    const nest = await hybrid(config);
    connect(nest);
    await nest.init();
    await nest.close();
    expect(nest.get(App).health().status).toBe('stopping');
  });

  it('does not begin when the application ends before', async () => {
    const { config, others } = await around();
    let begun!: () => void;
    const beginning = new Promise<void>((resolve) => (begun = resolve));
    let go!: () => void;
    const slowly = new Promise<void>((resolve) => (go = resolve));
    @Module({ imports: [moduleIn(config)] })
    class SlowModule implements OnModuleInit {
      onModuleInit(): Promise<void> {
        begun();
        return slowly;
      }
    }
    const nest = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(SlowModule, {
      ...quiet,
      inject: [App],
      useFactory: (app: App) => ({ strategy: new MicroServer({ name: 'desk', app }) }),
    });
    const listening = nest.listen();
    listening.catch(() => undefined);
    await beginning;
    await nest.close();
    go();
    await expect(listening).rejects.toMatchObject({ code: 'cancelled' });
    expect(await others.list()).toEqual(['users']);
  });

  it('that closes alone leaves the application its calls, and can listen again', async () => {
    const { config, users, others } = await around();
    const { openings, watched } = watchOpenings(config);
    const nest = await hybrid(watched);
    const server = connect(nest);
    await nest.startAllMicroservices();
    await nest.listen(0, '127.0.0.1');
    const app = nest.get(App);
    const [first] = app.nodes;
    const inHand = fetch(`${await nest.getUrl()}/wait`).then((answer) => answer.json());
    await until(() => users.running === 1);
    await Promise.all([server.close(), server.close()]);
    expect(await inHand).toEqual({ waited: 1_000 });
    expect(await others.list()).toEqual(['users']);
    expect(app.nodes).toEqual([]);
    expect(app.health().status).toBe('ok');
    await openings[0]?.close(); // as what was drained does after 20 s
    expect(await app.call('users', 'Users.Get', { id: '3' })).toEqual({ name: 'Ann 3' });
    await new Promise<void>((resolve, reject) => {
      void server.listen((error) => (error === undefined ? resolve() : reject(error as Error)));
    });
    expect(await others.call('desk', 'Desk.Open')).toEqual({ open: true });
    expect(app.nodes).toMatchObject([{ service: 'desk', version: '1.0.0' }]);
    expect(app.nodes[0]?.id).not.toBe(first?.id);
    await nest.close();
    expect(await others.list()).toEqual(['users']);
    await expect(app.list()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('that closes with the application opens nothing again', async () => {
    const { config } = await around();
    const { openings, watched } = watchOpenings(config);
    const nest = await hybrid(watched);
    connect(nest);
    await nest.startAllMicroservices();
    await nest.listen(0, '127.0.0.1');
    await nest.close();
    expect(openings).toHaveLength(1);
  });

  it.each<readonly [string, () => { readonly app: unknown }]>([
    ['a promise', () => ({ app: Promise.resolve(new App()) })],
    ['a fake', () => ({ app: { serving: { add: () => undefined } } })],
    ['a fake of its class', () => ({ app: Object.create(App.prototype) })],
    ['null', () => ({ app: null })],
  ])('takes no other app: %s', (_what, make) => {
    const { app } = make() as { readonly app: App };
    const wrong = (): MicroServer => new MicroServer({ name: 'desk', app });
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(/the option app is not the App of MicroModule.*nest\.get\(App\)/s);
  });

  it('takes no app of createApp either', async () => {
    const app = (await client(world())) as App;
    expect(() => new MicroServer({ name: 'desk', app })).toThrow(ConfigError);
  });

  it('says what is wrong with it', async () => {
    const { config } = await around();
    const nest = await hybrid(config);
    connect(nest, 'no name');
    await expect(nest.startAllMicroservices()).rejects.toMatchObject({ name: 'ConfigError' });
    const late = await hybrid(config);
    await late.init();
    expect(() => connect(late)).toThrow('Connect it before nest.init()');
    const deferred = await hybrid(config);
    const strategy = new MicroServer({ name: 'desk', app: deferred.get(App) });
    deferred.connectMicroservice({ strategy }, { deferInitialization: true });
    await deferred.init();
    await expect(deferred.startAllMicroservices()).rejects.toThrow('takes no more services');
  });
});
