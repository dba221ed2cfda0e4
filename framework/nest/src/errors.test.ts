import { BadRequestException, Controller, Get, HttpException, Inject, Param } from '@nestjs/common';
import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { errorCodes, MicroError } from 'micro-ts';
import type { Client, ErrorCode } from 'micro-ts';
import { App, httpExceptionOf, InjectClient, microErrorOf, MicroModule } from './index.ts';
import { moduleOf } from './nest.test.fixture.ts';
import { afterwards, serve, Users, world } from './users.test.fixture.ts';

describe('what Nest fails with, as a MicroError', () => {
  it.each<[string, unknown, object]>([
    ['a MicroError', new MicroError('aborted', 'lost'), { code: 'aborted', message: 'lost' }],
    ['a text', 'no', { code: 'unknown', message: 'no' }],
    ['RpcException', new RpcException('no'), { code: 'unknown', message: 'no' }],
    ['its code', new RpcException({ code: 'aborted' }), { code: 'aborted', message: 'aborted' }],
    ['its status', { statusCode: 404, message: 'gone' }, { code: 'not_found', message: 'gone' }],
    ['a number of gRPC', { code: 5, message: 'x' }, { code: 'unknown', message: 'x' }],
    ['a foreign code', { code: 'constructor', message: 'x' }, { code: 'unknown', message: 'x' }],
    ['Nest’s silence', { status: 'error', message: 'Internal server error' }, { code: 'internal' }],
    ['a guard', { status: 'error', message: 'Forbidden resource' }, { code: 'permission_denied' }],
    ['an Error', new Error('secret'), { code: 'internal', message: 'internal error' }],
    ['nothing', undefined, { code: 'internal', message: 'internal error' }],
    ['HttpException', new HttpException('tea', 418), { code: 'invalid_argument', message: 'tea' }],
    [
      'a bug of HTTP',
      new HttpException('secret', 500),
      { code: 'internal', message: 'internal error' },
    ],
    [
      'an outage of HTTP',
      new HttpException('later', 503),
      { code: 'unavailable', message: 'later' },
    ],
    [
      'a list of texts',
      new BadRequestException(['a is missing', 'b is no number']),
      {
        message: 'a is missing; b is no number',
        details: { issues: [{ message: 'a is missing' }, { message: 'b is no number' }] },
      },
    ],
  ])('%s', (_, error, expected) => {
    expect(microErrorOf(error)).toMatchObject(expected);
  });

  it.each(Object.keys(errorCodes) as ErrorCode[])('%s goes to HTTP and back', (code) => {
    const http = httpExceptionOf(new MicroError(code, 'a text', { details: { a: 1 } }));
    const { http: status } = errorCodes[code];
    expect(http.getStatus()).toBe(status);
    const hidden = { statusCode: 500, message: 'Internal server error' };
    if (status === 500) return expect(http.getResponse()).toEqual(hidden);
    expect(http.getResponse()).toMatchObject({ message: 'a text', code, details: { a: 1 } });
    expect(errorCodes[microErrorOf(http).code].http).toBe(status);
  });
});

describe('a call that fails in an HTTP application', () => {
  @Controller('users')
  class UsersController {
    constructor(
      @InjectClient('users') private readonly users: Client<Users>,
      @Inject(App) private readonly app: App,
    ) {}

    @Get('late')
    late(): Promise<unknown> {
      return this.users.wait({ ms: 60_000 }, { timeout: 50 });
    }

    @Get('nowhere')
    nowhere(): Promise<unknown> {
      return this.app.call('nowhere', 'No.Where', {}, { address: '127.0.0.1:1', retries: 0 });
    }

    @Get(':id')
    get(@Param('id') id: string): Promise<unknown> {
      return this.users.get({ id });
    }
  }

  it('is answered with the status of its code', async () => {
    const config = world();
    await serve(config, new Users());
    const log: string[] = [];
    const write = (message: unknown): void => void log.push(String(message));
    const logger: LoggerService = { log: () => undefined, warn: write, error: write };
    const nest = await NestFactory.create<NestFastifyApplication>(
      moduleOf({ imports: [MicroModule.forRoot(config)], controllers: [UsersController] }),
      new FastifyAdapter(),
      { logger, abortOnError: false },
    );
    afterwards(() => nest.close());
    await nest.init();
    const get = async (path: string) => {
      const { statusCode, body } = await nest.inject({ method: 'GET', url: `/users/${path}` });
      return { ...(JSON.parse(body) as object), statusCode };
    };
    expect(await get('1')).toEqual({ name: 'Ann 1', statusCode: 200 });
    expect(await get('nobody')).toEqual({
      ...{ statusCode: 404, error: 'Not Found', message: 'no user nobody', code: 'not_found' },
      details: { id: 'nobody' },
    });
    expect(await get('late')).toMatchObject({ statusCode: 504, code: 'deadline_exceeded' });
    expect(await get('nowhere')).toMatchObject({ statusCode: 503, code: 'unavailable' });
    expect(log).toEqual([]);
    for (const id of ['bug', 'leak'])
      expect(await get(id)).toEqual({ statusCode: 500, message: 'Internal server error' });
    expect(log).toHaveLength(2);
  });
});
