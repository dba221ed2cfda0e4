import type { AddressInfo, Server } from 'node:net';
import { Catch, Controller, Get, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter, ModuleMetadata } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { MicroError } from 'micro-ts';
import { firstValueFrom } from 'rxjs';
import { CancelOnDisconnect, MicroExceptionFilter, MicroModule, MicroServer } from './index.ts';
import { client, moduleOf, quiet } from './nest.test.fixture.ts';
import { afterwards, world } from './users.test.fixture.ts';

@Controller()
class Failing {
  @Get('both')
  @MessagePattern('both')
  both(): never {
    throw new MicroError('aborted', 'lost the race', { details: { by: 1 } });
  }

  @Get('refused')
  refused(): never {
    throw new HttpException('tea', 418);
  }

  @MessagePattern('leak')
  leak(): never {
    throw new MicroError('internal', 'the password is hunter2');
  }

  @MessagePattern('http')
  http(): never {
    throw new HttpException('no such cat', 404);
  }
}

/** The part of Fastify's reply that is used here. */
interface Reply {
  status(code: number): { send(body: object): unknown };
}

type Imports = NonNullable<ModuleMetadata['imports']>;

const text = 'lost the race';

describe('MicroModule', () => {
  it.each([
    [true, 'aborted', text],
    [false, 'internal', 'internal error'],
  ])('sees to errors of a hybrid one (inherits: %s)', async (inheritAppConfig, code, message) => {
    const config = world();
    const nest = await NestFactory.create<NestFastifyApplication>(
      moduleOf({ imports: [MicroModule.forRoot(config)], controllers: [Failing] }),
      new FastifyAdapter(),
      quiet,
    );
    afterwards(() => nest.close());
    const strategy = new MicroServer({ name: 'failing', config });
    nest.connectMicroservice({ strategy }, { inheritAppConfig });
    await nest.startAllMicroservices();
    await nest.init();
    const { statusCode } = await nest.inject({ method: 'GET', url: '/both' });
    expect(statusCode).toBe(409);
    const answer = (await client(config)).call('failing', 'Failing.Both');
    await expect(answer).rejects.toMatchObject({ code, message });
  });

  it('leaves errors to filters of the application that are put in place after it', async () => {
    @Catch()
    class All implements ExceptionFilter {
      catch(exception: unknown, host: ArgumentsHost): void {
        const { code } = exception as MicroError;
        void host.switchToHttp().getResponse<Reply>().status(599).send({ code });
      }
    }
    const after = moduleOf({ providers: [{ provide: APP_FILTER, useClass: All }] });
    const ask = async (imports: Imports, ...filters: All[]) => {
      const module = moduleOf({ imports, controllers: [Failing] });
      const nest = await NestFactory.create<NestFastifyApplication>(
        module,
        new FastifyAdapter(),
        quiet,
      );
      afterwards(() => nest.close());
      nest.useGlobalFilters(...filters);
      await nest.init();
      const answer = await nest.inject({ method: 'GET', url: '/both' });
      return answer.statusCode;
    };
    expect(await ask([MicroModule.forRoot(world()), after])).toBe(599);
    expect(await ask([after, MicroModule.forRoot(world())])).toBe(409);
    expect(await ask([MicroModule.forRoot(world())], new All())).toBe(599);
  });

  it('translates HttpExceptions of calls, and leaves those of HTTP to the application', async () => {
    @Catch(HttpException)
    class Mine implements ExceptionFilter {
      catch(_exception: unknown, host: ArgumentsHost): void {
        void host.switchToHttp().getResponse<Reply>().status(599).send({});
      }
    }
    const before = moduleOf({ providers: [{ provide: APP_FILTER, useClass: Mine }] });
    const config = world();
    const nest = await NestFactory.create<NestFastifyApplication>(
      moduleOf({ imports: [before, MicroModule.forRoot(config)], controllers: [Failing] }),
      new FastifyAdapter(),
      quiet,
    );
    afterwards(() => nest.close());
    nest.useGlobalInterceptors(new CancelOnDisconnect());
    const strategy = new MicroServer({ name: 'failing', config });
    nest.connectMicroservice({ strategy }, { inheritAppConfig: true });
    await nest.startAllMicroservices();
    await nest.init();
    expect((await nest.inject({ method: 'GET', url: '/refused' })).statusCode).toBe(599);
    const answer = (await client(config)).call('failing', 'Failing.Http');
    await expect(answer).rejects.toMatchObject({ code: 'not_found', message: 'no such cat' });
  });

  it('sees to errors of microservices on other transports', async () => {
    const host = '127.0.0.1';
    const nest = await NestFactory.createMicroservice(
      moduleOf({ imports: [MicroModule.forRoot(world())], controllers: [Failing] }),
      { ...quiet, transport: Transport.TCP, options: { host, port: 0 } },
    );
    afterwards(() => nest.close());
    await nest.listen();
    const { port } = nest.unwrap<Server>().address() as AddressInfo;
    const options = { host, port };
    const tcp = ClientProxyFactory.create({ transport: Transport.TCP, options });
    afterwards(() => tcp.close());
    const failure = (pattern: string): Promise<unknown> =>
      firstValueFrom(tcp.send(pattern, {})).catch((error: unknown) => error);
    expect(await failure('both')).toMatchObject({
      ...{ status: 'error', code: 'aborted', message: text, details: { by: 1 } },
    });
    const silence = { status: 'error', message: 'Internal server error' };
    expect(await failure('leak')).toMatchObject(silence);
    expect(JSON.stringify(await failure('leak'))).not.toContain('hunter2');
    expect(await failure('http')).toEqual(silence);
  });
});

describe('MicroExceptionFilter', () => {
  it('can be put in place by hand', async () => {
    const nest = await NestFactory.create<NestFastifyApplication>(
      moduleOf({ controllers: [Failing] }),
      new FastifyAdapter(),
      quiet,
    );
    afterwards(() => nest.close());
    nest.useGlobalFilters(new MicroExceptionFilter(nest.getHttpAdapter()));
    await nest.init();
    const answer = await nest.inject({ method: 'GET', url: '/both' });
    expect(answer.json()).toMatchObject({ statusCode: 409, message: text, code: 'aborted' });
    const { statusCode } = await nest.inject({ method: 'GET', url: '/refused' });
    expect(statusCode).toBe(418);
  });

  it('tells the clients of web sockets, and leaves the rest to others', () => {
    const told: unknown[] = [];
    const host = new ExecutionContextHost([{ emit: (...all: unknown[]) => told.push(all) }, {}]);
    const filter = new MicroExceptionFilter();
    host.setType('ws');
    filter.catch(new MicroError('aborted', text), host);
    filter.catch(new MicroError('internal', 'the password is hunter2'), host);
    expect(told).toEqual([
      ['exception', { status: 'error', message: text }],
      ['exception', { status: 'error', message: 'Internal server error' }],
    ]);
    host.setType('graphql');
    const error = new MicroError('aborted', text);
    expect(() => filter.catch(error, host)).toThrow(error);
  });
});
