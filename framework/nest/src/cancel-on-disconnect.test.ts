import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Inject, Sse, UseInterceptors } from '@nestjs/common';
import type { LoggerService, ModuleMetadata } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { MessagePattern } from '@nestjs/microservices';
import type { ClientProxy } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { until } from '@micro-ts/testing';
import type { Client } from 'micro-ts';
import { defer, from, map } from 'rxjs';
import type { Observable } from 'rxjs';
import { App, CancelOnDisconnect, InjectClient, MicroClientProxy, MicroModule } from './index.ts';
import { client, microservice, moduleOf } from './nest.test.fixture.ts';
import { afterwards, serve, Users, wait, world } from './users.test.fixture.ts';

const long = { timeout: 30_000 };

@Controller()
class Waits {
  constructor(
    @InjectClient('users') private readonly users: Client<Users>,
    @Inject('USERS') private readonly proxy: ClientProxy,
  ) {}

  @Get('runs-on')
  runsOn(): Promise<unknown> {
    return this.users.wait({ ms: 1_000 }, long);
  }

  @Get('promise')
  @UseInterceptors(CancelOnDisconnect)
  promise(): Promise<unknown> {
    return this.users.wait({ ms: 60_000 }, long);
  }

  @Get('many')
  @UseInterceptors(CancelOnDisconnect)
  async many(): Promise<unknown> {
    return Promise.all(Array.from({ length: 20 }, () => this.users.wait({ ms: 60_000 }, long)));
  }

  @Get('observable')
  @UseInterceptors(CancelOnDisconnect)
  observable(): Observable<unknown> {
    return defer(() => this.users.wait({ ms: 60_000 }, long));
  }

  @Get('proxy')
  @UseInterceptors(CancelOnDisconnect)
  byProxy(): Observable<unknown> {
    return this.proxy.send('Users.Wait', { ms: 60_000 });
  }

  @Sse('events')
  events(): Observable<{ data: object }> {
    return from(this.users.drip({ ms: 60_000 })).pipe(map((data) => ({ data })));
  }

  @Get('answered')
  @UseInterceptors(CancelOnDisconnect)
  answered(): object {
    this.later = this.users.wait({ ms: 200 }, long);
    return { later: true };
  }

  later: Promise<unknown> | undefined;

  @MessagePattern('Waits.Short')
  short(): Promise<unknown> {
    return this.users.wait({ ms: 10 }, long);
  }
}

const parts = (config = world()): ModuleMetadata => ({
  imports: [MicroModule.forRoot(config)],
  controllers: [Waits],
  providers: [
    {
      provide: 'USERS',
      inject: [App],
      useFactory: (app: App) =>
        new MicroClientProxy({ service: 'users', app, options: { timeout: 30_000 } }),
    },
  ],
});

async function http() {
  const config = world();
  const users = new Users();
  await serve(config, users);
  const log: unknown[] = [];
  const write = (message: unknown): void => void log.push(message);
  const logger: LoggerService = { log: () => undefined, warn: write, error: write };
  const nest = await NestFactory.create<NestFastifyApplication>(
    moduleOf(parts(config)),
    new FastifyAdapter(),
    { logger, abortOnError: false },
  );
  afterwards(() => nest.close());
  await nest.listen(0, '127.0.0.1');
  const url = await nest.getUrl();
  /** Asks, and goes away when so many calls run for it. */
  const leave = async (path: string, running = 1): Promise<void> => {
    const request = get(`${url}/${path}`, { agent: false });
    request.on('error', () => undefined);
    await until(() => users.running === running);
    request.destroy();
  };
  return { nest, users, log, url, leave };
}

describe('an HTTP client that goes away', () => {
  it('leaves the handler to its end, where nobody says otherwise', async () => {
    const { users, leave } = await http();
    const ended = { ...users.ended };
    await leave('runs-on');
    await until(() => users.running === 0);
    expect(users.ended).toEqual({ answered: ended.answered + 1, cancelled: ended.cancelled });
  });

  it.each([
    ['promise', 1],
    ['many', 20],
    ['observable', 1],
    ['proxy', 1],
    ['events', 1],
  ])('cancels the calls: %s', async (path, calls) => {
    const { users, log, leave } = await http();
    await leave(path, calls);
    await until(() => users.running === 0);
    expect(users.ended).toEqual({ answered: 0, cancelled: calls });
    await wait(20);
    expect(log).toEqual([]);
  });

  it('cancels nothing that goes on after the answer', async () => {
    const { nest, users, url } = await http();
    const answer = await fetch(`${url}/answered`, { headers: { connection: 'close' } });
    expect(await answer.json()).toEqual({ later: true });
    expect(await nest.get(Waits).later).toEqual({ waited: 200 });
    expect(users.ended).toEqual({ answered: 1, cancelled: 0 });
  });
});

describe('CancelOnDisconnect', () => {
  it('leaves the handlers of other transports alone', async () => {
    const config = world();
    await serve(config, new Users());
    const { providers = [], ...more } = parts(config);
    const global = { provide: APP_INTERCEPTOR, useClass: CancelOnDisconnect };
    await microservice({ name: 'waits', config }, { ...more, providers: [...providers, global] });
    expect(await (await client(config)).call('waits', 'Waits.Short')).toEqual({ waited: 10 });
  });

  it('knows the response of Express, which is that of Node', async () => {
    const config = world();
    const users = new Users();
    const app = new App(config);
    await serve(config, users);
    await app.onModuleInit();
    afterwards(() => app.close());
    const failed: unknown[] = [];
    const server = createServer((request, response) => {
      const host = new ExecutionContextHost([request, response], Waits, Waits.prototype.promise);
      const handle = () => defer(() => app.call('users', 'Users.Wait', { ms: 60_000 }, long));
      new CancelOnDisconnect()
        .intercept(host, { handle })
        .subscribe({ error: (error) => failed.push(error) });
    });
    afterwards(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const request = get(`http://127.0.0.1:${port}`, { agent: false });
    request.on('error', () => undefined);
    await until(() => users.running === 1);
    request.destroy();
    await until(() => failed.length === 1);
    expect(failed).toMatchObject([{ code: 'cancelled' }]);
  });
});
