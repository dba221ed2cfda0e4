// A system in one process: services in one app, the edge in another, and a real HTTP server.
import { setTimeout as pause } from 'node:timers/promises';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { createApp, Handler, MicroError, Service } from 'micro-ts';
import type { App, Context, Schema } from 'micro-ts';
import memory, { MemoryNetwork } from '@micro-ts/memory';
import { openEdge } from './edge.ts';
import type { Edge, EdgeOptions } from './edge.ts';
import { requestId } from './request-id.ts';
import { sendError } from './send-error.ts';

/** Waits until it is so: for 15 s, as a busy machine takes its time. */
export async function until(test: () => boolean): Promise<void> {
  for (const latest = performance.now() + 15_000; !test(); await pause(5))
    if (performance.now() > latest) throw new Error(`never: ${test.toString()}`);
}

/** What handlers have seen. */
export const seen = {
  metadata: {} as Readonly<Record<string, string>>,
  asleep: 0,
  aborted: 0,
  sent: 0,
  attempts: 0,
};

type Values = Record<string, unknown>;

/** Publishes what it is given, and checks nothing. */
export const published = (schema: Values): Schema<Values> => ({
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => ({ value: value as Values }),
    jsonSchema: { input: () => schema, output: () => schema },
  },
});

const HelloRequest = published({
  type: 'object',
  properties: { name: { type: 'string' }, times: { type: 'integer' } },
});

@Service('greeter', { version: '1.2.0' })
export class Greeter {
  @Handler({
    http: 'GET /greet/:name',
    request: HelloRequest,
  })
  async hello(
    request: Record<string, unknown>,
    context: Context,
  ): Promise<{ message: string; got: unknown }> {
    seen.metadata = context.metadata;
    return { message: `Hello ${String(request['name'])}`, got: request };
  }

  @Handler()
  async fail({ code, text = 'as asked' }: { code?: string; text?: string }): Promise<{ ok: true }> {
    if (code === undefined) throw new TypeError('a secret');
    throw new MicroError(code as 'not_found', text, { details: { id: 7 } });
  }

  @Handler({ request: published({ properties: { ms: { type: 'integer' } } }) })
  async sleep({ ms }: Values, { signal }: Context): Promise<{ slept: number }> {
    seen.asleep++;
    await pause(Number(ms), undefined, { signal }).catch(() => {
      seen.aborted++;
      return pause(300); // its caller sees the deadline, and not what races with it
    });
    return { slept: Number(ms) };
  }

  @Handler({ internal: true })
  async secret(): Promise<{ secret: true }> {
    return { secret: true };
  }

  @Handler({
    request: published({
      properties: { to: { type: 'integer' }, size: { type: 'integer' }, fail: { type: 'boolean' } },
    }),
  })
  async *count(
    { to = 3, size = 0, fail }: Values,
    { signal }: Context,
  ): AsyncIterable<{ n: number; pad: string }> {
    signal.addEventListener('abort', () => seen.aborted++);
    const pad = 'x'.repeat(Number(size));
    for (let n = 1; n <= Number(to); n++) {
      seen.sent = n;
      yield { n, pad };
    }
    if (fail === true) throw new MicroError('failed_precondition', 'no more');
  }

  @Handler({ stream: 'client' })
  async sum(numbers: AsyncIterable<{ n: number }>): Promise<{ sum: number }> {
    let sum = 0;
    for await (const { n } of numbers) sum += n;
    return { sum };
  }

  @Handler({ stream: 'client' })
  async nap(messages: AsyncIterable<Values>, { signal }: Context): Promise<{ ok: true }> {
    for await (const _message of messages) await pause(60_000, undefined, { signal });
    return { ok: true };
  }

  @Handler({ stream: 'bidi' })
  async *echo(
    messages: AsyncIterable<Record<string, unknown>>,
  ): AsyncIterable<Record<string, unknown>> {
    for await (const message of messages) {
      if (message['fail'] !== undefined)
        throw new MicroError(message['fail'] as 'not_found', 'as asked');
      yield message;
    }
  }
}

export interface World {
  readonly network: MemoryNetwork;
  readonly server: FastifyInstance;
  readonly edge: Edge;
  readonly app: App;
  readonly url: string;
  /** Starts one more app of the network. */
  start(...services: object[]): Promise<App>;
  close(): Promise<void>;
}

/** Opens all of it. @param plug registers what is tested */
export async function openWorld(
  plug: (server: FastifyInstance, edge: Edge) => unknown,
  options: EdgeOptions = {},
  services: readonly (new () => object)[] = [Greeter],
): Promise<World> {
  const network = new MemoryNetwork();
  const start = (...own: object[]): Promise<App> => {
    const all = memory({ network });
    return createApp({ registry: all, transport: all, broker: all, log: 'silent', grace: 0 }, own);
  };
  const apps: App[] = [await start(...services)];
  const app = await start();
  const edge = await openEdge(app, options);
  const server = fastify({ genReqId: requestId, forceCloseConnections: true });
  server.setErrorHandler((error, request, reply) => sendError(request, reply, error));
  server.addHook('preClose', async () => edge.streams.end());
  await plug(server, edge);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    ...{ network, server, edge, app, url },
    start: async (...own) => {
      const one = await start(...own);
      apps.push(one);
      return one;
    },
    close: async () => {
      await server.close();
      await edge.close();
      await Promise.all([app, ...apps].map((each) => each.close()));
    },
  };
}
