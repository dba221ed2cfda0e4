import { Controller, Inject, Injectable, Scope } from '@nestjs/common';
import type { ModuleMetadata } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import { until } from '@micro-ts/testing';
import { MicroError, topic } from 'micro-ts';
import type { App as CoreApp, Client, Config, Context } from 'micro-ts';
import { interval, map, Observable, range } from 'rxjs';
import { InjectClient, MicroModule, MicroServer } from './index.ts';
import type { EventOptions, MessageOptions, MicroContext } from './index.ts';
import { client, microservice } from './nest.test.fixture.ts';
import { serve, Users, wait, world } from './users.test.fixture.ts';

class HelloRequest {
  @IsString()
  name!: string;
}

class Tick {
  @IsInt()
  n!: number;
}

/** What `Client<T>` is made of: the types of the handlers, as Micro's callers see them. */
@Controller()
class Greeter {
  static unsubscribed = 0;

  @MessagePattern('Greeter.Hello', {
    request: HelloRequest,
    idempotent: true,
    timeout: 700,
    http: 'GET /greet/:name',
  } satisfies MessageOptions)
  async hello(@Payload() { name }: HelloRequest): Promise<{ message: string }> {
    return { message: `Hello ${name}` };
  }

  @MessagePattern('Greeter.Ticks', { stream: 'server', response: Tick } satisfies MessageOptions)
  ticks(@Payload() { every }: { every: number }): Observable<Tick> {
    return new Observable((subscriber) => {
      const inner = interval(every).subscribe((n) => subscriber.next({ n }));
      return () => {
        Greeter.unsubscribed++;
        inner.unsubscribe();
      };
    });
  }

  @MessagePattern('Greeter.Flood', { stream: 'server' } satisfies MessageOptions)
  flood(): Observable<{ n: number }> {
    return range(1, 20_000).pipe(map((n) => ({ n })));
  }

  static pulled = 0;

  @MessagePattern('Greeter.Lazy', { stream: 'server' } satisfies MessageOptions)
  async *lazy(): AsyncIterable<{ n: number }> {
    for (let n = 0; ; n++) {
      Greeter.pulled = n;
      yield { n };
    }
  }

  @MessagePattern('Greeter.Sum', { stream: 'client' } satisfies MessageOptions)
  async sum(@Payload() numbers: AsyncIterable<{ n: number }>): Promise<{ sum: number }> {
    let sum = 0;
    for await (const { n } of numbers) sum += n;
    return { sum };
  }

  @MessagePattern('Greeter.Double', { stream: 'bidi' } satisfies MessageOptions)
  async *double(@Payload() numbers: AsyncIterable<{ n: number }>): AsyncIterable<{ n: number }> {
    for await (const { n } of numbers) yield { n: n * 2 };
  }

  @MessagePattern('Greeter.Secret', { internal: true } satisfies MessageOptions)
  async secret(): Promise<object> {
    return {};
  }

  @MessagePattern('Greeter.Fails')
  async fails(): Promise<object> {
    throw new MicroError('aborted', 'lost the race', { details: { by: 1 } });
  }
}

async function greeter(config: Config, more: ModuleMetadata = {}) {
  const options = { name: 'greeter', version: '2.1.0', metadata: { zone: 'a' }, config };
  return microservice(options, {
    imports: [MicroModule.forRoot(config)],
    ...more,
    controllers: [Greeter, ...(more.controllers ?? [])],
  });
}

describe('a Nest application as a service', () => {
  it('is listed like any other', async () => {
    const config = world();
    await greeter(config);
    const [node] = await (await client(config)).lookup('greeter');
    expect(node).toMatchObject({ service: 'greeter', version: '2.1.0', metadata: { zone: 'a' } });
    const endpoints = Object.fromEntries(node!.endpoints.map(({ name, ...rest }) => [name, rest]));
    expect(endpoints).toMatchObject({
      'Greeter.Hello': {
        kind: 'unary',
        request: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
        metadata: { idempotent: 'true', timeout: '700', http: 'GET /greet/:name' },
      },
      'Greeter.Ticks': { kind: 'server', response: { properties: { n: { type: 'integer' } } } },
      'Greeter.Sum': { kind: 'client' },
      'Greeter.Double': { kind: 'bidi' },
    });
    expect(endpoints['Greeter.Secret']).toBeUndefined();
  });

  it('is called by Micro with a typed client', async () => {
    const config = world();
    await greeter(config);
    const app = await client(config);
    const typed: Client<Greeter> = app.client<Greeter>('greeter');
    expect(await typed.hello({ name: 'Ann' })).toEqual({ message: 'Hello Ann' });
    await expect(typed.hello({ name: 7 as never })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'name: must be a string',
    });
    await expect(typed.fails()).rejects.toMatchObject({
      ...{ code: 'aborted', message: 'lost the race', details: { by: 1 } },
    });
    expect(await app.call('greeter', 'Greeter.Secret')).toEqual({});
    expect(await app.call('greeter', 'Debug.Health')).toMatchObject({ status: 'ok' });
    const numbers = [{ n: 1 }, { n: 2 }];
    expect(await typed.sum(numbers)).toEqual({ sum: 3 });
    const doubled: number[] = [];
    for await (const { n } of typed.double(numbers)) doubled.push(n);
    expect(doubled).toEqual([2, 4]);
  });

  it('streams an observable until nobody reads it', async () => {
    const config = world();
    await greeter(config);
    const before = Greeter.unsubscribed;
    const seen: unknown[] = [];
    const ticks = (await client(config)).client('greeter')['ticks']?.({ every: 5 });
    for await (const tick of ticks!) if (seen.push(tick) === 3) break;
    expect(seen).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    await until(() => Greeter.unsubscribed > before);
    expect(Greeter.unsubscribed).toBe(before + 1);
  });

  it('gives an observable up that runs away from its reader, and lets an iterable wait', async () => {
    const config = world();
    await greeter(config);
    const app = await client(config);
    const read = async (): Promise<void> => {
      for await (const _ of app.client('greeter')['flood']!({})) await wait(0);
    };
    await expect(read()).rejects.toMatchObject({ code: 'resource_exhausted' });
    for await (const _ of app.client('greeter')['lazy']!({})) break;
    await wait(50);
    expect(Greeter.pulled).toBeLessThan(1_000);
  });

  it('cannot be two things by one name', async () => {
    @Controller()
    class Twice {
      @MessagePattern({ cmd: 'sum' })
      a(): object {
        return {};
      }

      @MessagePattern('sum')
      b(): object {
        return {};
      }
    }
    const boot = microservice({ name: 'math', config: world() }, { controllers: [Twice] });
    await expect(boot).rejects.toThrow('{"cmd":"sum"} and sum are both the endpoint Math.Sum');
  });

  it('that cannot start leaves nothing open, and can be started again', async () => {
    const config = world();
    const listen = async (server: MicroServer) =>
      new Promise<unknown>((resolve) => void server.listen(resolve));
    const wrong = new MicroServer({ name: 'no name', config });
    expect(await listen(wrong)).toMatchObject({ name: 'ConfigError' });
    await wrong.close();
    expect(() => wrong.unwrap()).toThrow('does not listen');
    const right = new MicroServer({ name: 'empty', config });
    expect(await listen(right)).toBeUndefined();
    expect(await (await client(config)).list()).toEqual(['empty']);
    await right.close();
    await right.close();
    expect(await (await client(config)).list()).toEqual([]);
  });
});

describe('the calls that a handler makes', () => {
  @Controller()
  class Outer {
    constructor(
      @InjectClient('users') private readonly users: Client<Users>,
      @Inject('core') private readonly core: CoreApp,
    ) {}

    @MessagePattern('Outer.Explicit')
    explicit(@Ctx() context: MicroContext): Promise<unknown> {
      return this.core.call('users', 'Users.Left', {}, { context });
    }

    @MessagePattern('Outer.Left')
    left(): Promise<unknown> {
      return this.users.left({});
    }

    @MessagePattern('Outer.Lefts', { stream: 'server' })
    async *lefts(): AsyncIterable<unknown> {
      await wait(1);
      yield await this.users.left({});
      await wait(1);
      yield await this.users.left({});
    }

    @MessagePattern('Outer.Wait')
    wait(): Promise<unknown> {
      return this.users.wait({ ms: 60_000 }, { timeout: 30_000 });
    }

    @MessagePattern('Outer.Failure')
    failure(): Promise<unknown> {
      return this.users.get({ id: 'nobody' });
    }
  }

  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  const outer = async () => {
    const config = world();
    const users = new Users();
    await serve(config, users);
    const imports = [MicroModule.forRoot(config)];
    const app = await client(config);
    const providers = [{ provide: 'core', useValue: app }];
    await microservice({ name: 'outer', config }, { imports, providers, controllers: [Outer] });
    return { users, app };
  };

  it('inherit its deadline and trace', async () => {
    const { app } = await outer();
    const options = { timeout: 5_000, metadata: { traceparent } };
    for (const endpoint of ['Outer.Left', 'Outer.Explicit']) {
      const answer = await app.call('outer', endpoint, {}, options);
      const { left, trace } = answer as { left: number; trace: string };
      expect(left).toBeLessThanOrEqual(5_000);
      expect(trace).toBe(traceparent);
    }
    const stream = (await app.call(
      'outer',
      'Outer.Lefts',
      {},
      { metadata: { traceparent } },
    )) as AsyncIterable<{ trace: string }>;
    const traces: string[] = [];
    for await (const each of stream) traces.push(each.trace);
    expect(traces).toEqual([traceparent, traceparent]);
  });

  it('are cancelled with it', async () => {
    const { users, app } = await outer();
    const cancel = new AbortController();
    const begun = new Promise<void>((resolve) => (users.told = resolve));
    const answer = app.call('outer', 'Outer.Wait', {}, { signal: cancel.signal });
    answer.catch(() => undefined);
    await begun;
    expect(users.running).toBe(1);
    const ended = new Promise<void>((resolve) => (users.told = resolve));
    cancel.abort();
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    await ended;
    expect(users.running).toBe(0);
  });

  it('pass their errors on', async () => {
    const { app } = await outer();
    await expect(app.call('outer', 'Outer.Failure')).rejects.toMatchObject({
      ...{ code: 'not_found', message: 'no user nobody', details: { id: 'nobody' } },
    });
  });
});

describe('request-scoped controllers', () => {
  it('get the context of their call', async () => {
    const { REQUEST } = await import('@nestjs/core');
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {
      constructor(@Inject(REQUEST) readonly request: { context: MicroContext }) {}
    }
    @Controller()
    class Scoped {
      constructor(@Inject(Tenant) private readonly tenant: Tenant) {}

      @MessagePattern('who')
      who(@Ctx() context: MicroContext): { same: boolean; tenant: string | undefined } {
        const own = this.tenant.request.context;
        return { same: own === context, tenant: own.metadata['tenant'] };
      }
    }
    const config = world();
    const metadata = { controllers: [Scoped], providers: [Tenant] };
    await microservice({ name: 'scoped', config }, metadata);
    const app = await client(config);
    const answer = app.call('scoped', 'Scoped.Who', {}, { metadata: { tenant: 'acme' } });
    expect(await answer).toEqual({ same: true, tenant: 'acme' });
  });
});

describe('event patterns', () => {
  const created = topic<{ name: string }>('user.created');

  it('share a queue, try again and check what arrives', async () => {
    const heard: string[] = [];
    class UserCreated {
      @IsString()
      name!: string;
    }
    @Controller()
    class Mail {
      @EventPattern('user.created', {
        ...{ queue: 'mail', event: UserCreated, delivery: 'at-least-once', attempts: 3 },
      } satisfies EventOptions)
      welcome(event: UserCreated): void {
        heard.push(event.name);
        if (event.name === 'Bob' && heard.length < 3) throw new Error('not yet');
      }
    }
    const config = world();
    const [first] = [
      await microservice({ name: 'mail', config }, { controllers: [Mail] }),
      await microservice({ name: 'mail', config }, { controllers: [Mail] }),
    ];
    const app = await client(config);
    await app.publish(created, { name: 'Ann' });
    await until(() => heard.length > 0);
    await wait(50);
    expect(heard).toEqual(['Ann']);
    await app.publish(created, { name: 7 as never });
    await app.publish(created, { name: 'Bob' });
    await until(() => heard.length === 3);
    expect(heard).toEqual(['Ann', 'Bob', 'Bob']);
    const [node] = await app.lookup('mail');
    expect(node?.endpoints).toMatchObject([
      {
        name: 'Mail.OnUserCreated',
        kind: 'event',
        metadata: { topic: 'user.created', queue: 'mail' },
      },
    ]);
    await first.close();
  });

  it('take the queue of the server, and wildcards', async () => {
    const heard: string[] = [];
    @Controller()
    class Audit {
      @EventPattern<string>('user.*')
      any(@Payload() _event: object, @Ctx() context: MicroContext): void {
        heard.push(context.endpoint);
      }
    }
    const config = world();
    const options = { name: 'audit', queue: 'audit', config };
    await microservice(options, { controllers: [Audit] });
    await microservice(options, { controllers: [Audit] });
    const app = await client(config);
    await app.publish('user.created', {});
    await app.publish('user.deleted', {});
    await until(() => heard.length > 1);
    await wait(50);
    expect(heard.sort()).toEqual(['user.created', 'user.deleted']);
  });
});

describe('hooks that stand round the work', () => {
  it('see each call begin and end', async () => {
    const config = world();
    const seen: string[] = [];
    const server = new MicroServer({ name: 'hooked', config });
    server.setOnProcessingStartHook((_id, context, done) => {
      seen.push(`start ${(context as Context).endpoint}`);
      void done();
    });
    server.setOnProcessingEndHook((_id, context) => {
      seen.push(`end ${(context as Context).endpoint}`);
    });
    server.addHandler('fine', async () => ({}));
    server.addHandler('wrong', async () => Promise.reject(new MicroError('aborted', 'no')));
    await server.listen(() => undefined);
    const app = await client(config);
    await app.call('hooked', 'Hooked.Fine');
    await expect(app.call('hooked', 'Hooked.Wrong')).rejects.toMatchObject({ code: 'aborted' });
    await server.close();
    expect(seen).toEqual([
      ...['start Hooked.Fine', 'end Hooked.Fine', 'start Hooked.Wrong', 'end Hooked.Wrong'],
    ]);
  });
});
