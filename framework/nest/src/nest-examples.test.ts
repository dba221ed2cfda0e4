// What Nest's documentation shows of microservices, over Micro: https://docs.nestjs.com/microservices/basics
import { Body, Catch, Controller, Get, HttpException, Inject, Injectable } from '@nestjs/common';
import {
  ParseArrayPipe,
  Post,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { ValidationPipe } from '@nestjs/common';
import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { RpcExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxy,
  ClientsModule,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
} from '@nestjs/microservices';
import { RpcException } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsNotEmpty, IsString } from 'class-validator';
import { until } from '@micro-ts/testing';
import type { Config } from 'micro-ts';
import {
  catchError,
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  NEVER,
  of,
  throwError,
  timeout,
  toArray,
} from 'rxjs';
import type { Observable } from 'rxjs';
import {
  App,
  MicroClientProxy,
  MicroContext,
  MicroExceptionFilter,
  MicroModule,
  MicroRecord,
  MicroServer,
} from './index.ts';
import { client, microservice, moduleOf, quiet } from './nest.test.fixture.ts';
import { afterwards, serve, Users, world } from './users.test.fixture.ts';

/** A proxy as `ClientsModule` makes it, in a context of its own. */
async function proxy(config: Config, service = 'math'): Promise<ClientProxy> {
  const options = { service, config };
  const imports = [
    ClientsModule.register([{ name: 'MATH', customClass: MicroClientProxy, options }]),
  ];
  const context = await NestFactory.createApplicationContext(moduleOf({ imports }), quiet);
  afterwards(() => context.close());
  return context.get<ClientProxy>('MATH');
}

describe('patterns', () => {
  @Controller()
  class MathController {
    @MessagePattern({ cmd: 'sum' })
    accumulate(data: number[]): number {
      return (data || []).reduce((a, b) => a + b);
    }

    @MessagePattern({ cmd: 'sum_later' })
    async later(data: number[]): Promise<number> {
      return (data || []).reduce((a, b) => a + b);
    }

    @MessagePattern({ cmd: 'each' }, { stream: 'server' })
    each(): Observable<number> {
      return from([1, 2, 3]);
    }

    @MessagePattern({ cmd: 'one' })
    one(): Observable<number> {
      return of(1);
    }

    @MessagePattern({ cmd: 'undeclared' })
    undeclared(): Observable<number> {
      return from([1, 2]);
    }

    @MessagePattern('time.us.*')
    date(@Payload() _data: object, @Ctx() context: MicroContext): { endpoint: string } {
      return { endpoint: context.endpoint };
    }
  }

  const math = async (): Promise<ClientProxy> => {
    const config = world();
    await microservice({ name: 'math', config }, { controllers: [MathController] });
    return proxy(config);
  };

  it('request-response', async () => {
    const pattern = { cmd: 'sum' };
    const payload = [1, 2, 3];
    expect(await firstValueFrom((await math()).send<number>(pattern, payload))).toBe(6);
  });

  it('asynchronous responses', async () => {
    const sums = await math();
    expect(await firstValueFrom(sums.send<number>({ cmd: 'sum_later' }, [1, 2, 3]))).toBe(6);
    expect(await firstValueFrom(sums.send<number>({ cmd: 'one' }, {}))).toBe(1);
  });

  it('an observable answers with each of its values, where the pattern says so', async () => {
    const sums = await math();
    const all = sums.send<number>({ cmd: 'each' }, {}).pipe(toArray());
    expect(await firstValueFrom(all)).toEqual([1, 2, 3]);
    const undeclared = firstValueFrom(sums.send<number>({ cmd: 'undeclared' }, {}));
    await expect(undeclared).rejects.toMatchObject({ code: 'internal', message: 'internal error' });
  });

  it('message details', async () => {
    const answer = (await math()).send('time.us.*', {});
    expect(await firstValueFrom(answer)).toEqual({ endpoint: 'Math.TimeUs' });
  });
});

describe('events', () => {
  it('are handled by all who wait for them', async () => {
    const heard: string[] = [];
    @Controller()
    class UserController {
      @EventPattern('user_created')
      async handleUserCreated(data: { name: string }): Promise<void> {
        heard.push(`first ${data.name}`);
      }

      @EventPattern<string>('user_created')
      also(@Payload('name') name: string, @Ctx() context: MicroContext): Observable<string> {
        heard.push(`second ${name} of ${context.endpoint} in ${context.metadata['tenant']}`);
        return of('ignored');
      }
    }
    const config = world();
    await microservice({ name: 'users', config }, { controllers: [UserController] });
    const events = await proxy(config);
    await lastValueFrom(
      events.emit('user_created', new MicroRecord({ name: 'Ann' }, { metadata: { tenant: 'a' } })),
    );
    await until(() => heard.length === 2);
    expect(heard.sort()).toEqual(['first Ann', 'second Ann of user_created in a']);
  });
});

describe('clients', () => {
  it('are told metadata by a hook, and cancel by unsubscribing', async () => {
    const told: string[] = [];
    @Controller()
    class SlowController {
      @MessagePattern('slow')
      slow(@Ctx() { signal, metadata }: MicroContext): Observable<never> {
        told.push(`began ${metadata['trace']}`);
        signal.addEventListener('abort', () => told.push((signal.reason as Error).message));
        return NEVER;
      }
    }
    const config = world();
    await microservice({ name: 'slow', config }, { controllers: [SlowController] });
    const slow = await proxy(config, 'slow');
    slow.setOnDispatchHook((packet) => void (packet.metadata = { trace: '42' }));
    const answer = slow.send('slow', {}).pipe(timeout(100));
    await expect(firstValueFrom(answer)).rejects.toMatchObject({ name: 'TimeoutError' });
    await until(() => told.length === 2);
    expect(told).toEqual(['began 42', expect.stringContaining('cancelled')]);
    const late = slow.send('slow', new MicroRecord({}, { timeout: 50 }));
    await expect(firstValueFrom(late)).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('call through the app of MicroModule, which stays open when they close', async () => {
    const config = world();
    await serve(config, new Users());
    const context = await NestFactory.createApplicationContext(
      moduleOf({
        imports: [MicroModule.forRoot(config)],
        providers: [
          {
            provide: 'USERS',
            inject: [App],
            useFactory: (app: App) => new MicroClientProxy({ service: 'users', app }),
          },
        ],
      }),
      quiet,
    );
    afterwards(() => context.close());
    const users = context.get<MicroClientProxy>('USERS');
    expect(await firstValueFrom(users.send('get', { id: '1' }))).toEqual({ name: 'Ann 1' });
    const counted = users.send<{ n: number }>('Users.Count', { to: 3 });
    expect(await firstValueFrom(counted.pipe(toArray()))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await users.unwrap()).toBe(context.get(App));
    expect(() => users.on('error')).toThrow('has no event error');
    await users.close();
    expect(await context.get(App).list()).toEqual(['users']);
  });

  it('send observables to those that take streams', async () => {
    @Controller()
    class Sums {
      @MessagePattern('sum', { stream: 'client' })
      async sum(@Payload() numbers: AsyncIterable<number>): Promise<number> {
        let sum = 0;
        for await (const each of numbers) sum += each;
        return sum;
      }
    }
    const config = world();
    await microservice({ name: 'math', config }, { controllers: [Sums] });
    expect(await firstValueFrom((await proxy(config)).send('sum', from([1, 2, 3])))).toBe(6);
  });

  it('that nobody answers say so', async () => {
    const answer = firstValueFrom((await proxy(world())).send({ cmd: 'sum' }, [1]));
    await expect(answer).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('exceptions', () => {
  @Catch(RpcException)
  class ExceptionFilter implements RpcExceptionFilter<RpcException> {
    catch(exception: RpcException): Observable<never> {
      return throwError(() => exception.getError());
    }
  }

  @Controller()
  class FailingController {
    @MessagePattern('text')
    text(): never {
      throw new RpcException('Invalid credentials.');
    }

    @MessagePattern('object')
    object(): never {
      throw new RpcException({ code: 'not_found', message: 'no cat', cat: 'Tom' });
    }

    @UseFilters(new ExceptionFilter())
    @MessagePattern('filtered')
    filtered(): never {
      throw new RpcException('Filtered.');
    }

    @MessagePattern('bug')
    bug(): never {
      throw new TypeError('the password is hunter2');
    }

    @MessagePattern('http')
    http(): never {
      throw new HttpException('no such cat', 404);
    }
  }

  const failures = async (...filters: MicroExceptionFilter[]) => {
    const config = world();
    await microservice({ name: 'cats', config }, { controllers: [FailingController] }, (nest) =>
      nest.useGlobalFilters(...filters),
    );
    const cats = await proxy(config, 'cats');
    return (pattern: string) =>
      firstValueFrom(cats.send(pattern, {}).pipe(catchError((error: unknown) => of(error))));
  };

  it('reach the caller with their texts', async () => {
    const failure = await failures();
    expect(await failure('text')).toMatchObject({
      code: 'unknown',
      message: 'Invalid credentials.',
    });
    expect(await failure('object')).toMatchObject({
      ...{ code: 'not_found', message: 'no cat' },
      details: { cat: 'Tom' },
    });
    expect(await failure('filtered')).toMatchObject({ code: 'unknown', message: 'Filtered.' });
  });

  it('that nobody meant to throw do not', async () => {
    const failure = await failures();
    expect(await failure('bug')).toMatchObject({ code: 'internal', message: 'internal error' });
    expect(await failure('http')).toMatchObject({ code: 'internal' });
  });

  it('of HTTP are translated by MicroExceptionFilter', async () => {
    const failure = await failures(new MicroExceptionFilter());
    expect(await failure('http')).toMatchObject({ code: 'not_found', message: 'no such cat' });
    expect(await failure('bug')).toMatchObject({ code: 'internal', message: 'internal error' });
  });
});

describe('pipes, guards and interceptors', () => {
  class CreateCatDto {
    @IsString()
    @IsNotEmpty()
    name!: string;
  }

  @Injectable()
  class AuthGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const rpc = context.switchToRpc();
      return rpc.getContext<MicroContext>().metadata['authorization'] === 'let me in';
    }
  }

  @Injectable()
  class TransformInterceptor implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(map((data: unknown) => ({ data })));
    }
  }

  @Controller()
  class CatsController {
    @UsePipes(new ValidationPipe({ transform: true }))
    @MessagePattern('create')
    create(@Payload() cat: CreateCatDto): { name: string; isDto: boolean } {
      return { name: cat.name, isDto: cat instanceof CreateCatDto };
    }

    @UseGuards(AuthGuard)
    @MessagePattern('guarded')
    guarded(): { in: boolean } {
      return { in: true };
    }

    @UseInterceptors(TransformInterceptor)
    @MessagePattern('intercepted')
    intercepted(): string {
      return 'meow';
    }

    @MessagePattern('parsed')
    parsed(@Payload(new ParseArrayPipe({ items: Number })) numbers: number[]): number {
      return numbers.length;
    }
  }

  const cats = async (): Promise<ClientProxy> => {
    const config = world();
    const metadata = { controllers: [CatsController], providers: [AuthGuard] };
    await microservice({ name: 'cats', config }, metadata, (nest) =>
      nest.useGlobalFilters(new MicroExceptionFilter()),
    );
    return proxy(config, 'cats');
  };

  it('pipes check and transform', async () => {
    const created = (await cats()).send('create', { name: 'Tom' });
    expect(await firstValueFrom(created)).toEqual({ name: 'Tom', isDto: true });
    const refused = (await cats()).send('create', { name: 7 });
    await expect(firstValueFrom(refused)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'name must be a string',
      details: { issues: [{ message: 'name must be a string' }] },
    });
    expect(await firstValueFrom((await cats()).send('parsed', [1, 2]))).toBe(2);
  });

  it('guards say no', async () => {
    const all = await cats();
    const allowed = new MicroRecord({}, { metadata: { Authorization: 'let me in' } });
    expect(await firstValueFrom(all.send('guarded', allowed))).toEqual({ in: true });
    const denied = { code: 'permission_denied', message: 'Forbidden resource' };
    await expect(firstValueFrom(all.send('guarded', {}))).rejects.toMatchObject(denied);
  });

  it('interceptors change answers', async () => {
    const intercepted = (await cats()).send('intercepted', {});
    expect(await firstValueFrom(intercepted)).toEqual({ data: 'meow' });
  });
});

describe('a hybrid application', () => {
  @Controller()
  class HybridController {
    constructor(@Inject('MATH') private readonly math: ClientProxy) {}

    @Get('sum')
    sum(): Observable<number> {
      return this.math.send<number>('sum', [1, 2, 3]);
    }

    @Post('emit')
    emit(@Body() body: object): Observable<unknown> {
      return this.math.emit('posted', body);
    }

    @MessagePattern('sum', MicroServer.transport)
    add(numbers: number[]): number {
      return numbers.reduce((a, b) => a + b);
    }
  }

  it('answers over HTTP and as a service', async () => {
    const config = world();
    const options = { service: 'math', config };
    const imports = [
      ClientsModule.register([{ name: 'MATH', customClass: MicroClientProxy, options }]),
    ];
    const app = await NestFactory.create<NestFastifyApplication>(
      moduleOf({ imports, controllers: [HybridController] }),
      new FastifyAdapter(),
      quiet,
    );
    afterwards(() => app.close());
    app.connectMicroservice({ strategy: new MicroServer({ name: 'math', config }) });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    expect(await (await fetch(`${await app.getUrl()}/sum`)).json()).toBe(6);
    expect(await (await client(config)).call('math', 'Math.Sum', [4, 5])).toBe(9);
    await app.close();
    expect(await (await client(config)).list()).toEqual([]);
  });
});
