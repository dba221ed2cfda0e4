import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { App, MicroModule } from '@micro-ts/nest';
import type { FastifyInstance } from 'fastify';
import type { Config } from 'micro-ts';
import { openEdge } from './edge.ts';
import type { Edge, EdgeOptions } from './edge.ts';
import type { HttpServer } from './http-server.ts';
import { listen } from './listen.ts';
import type { Listening, ListenOption } from './listen.ts';
import { ServerAdapter } from './server-adapter.ts';

/** What {@link serve} is given. */
export interface ServeOptions extends ListenOption {
  /** In place of the `micro.config.ts` that is otherwise looked for. */
  readonly config: Config | undefined;
  readonly edge: EdgeOptions;
  /** Registers everything that the app answers. */
  readonly routes: (fastify: FastifyInstance, edge: Edge) => Promise<void>;
}

/** A toolkit app that serves. */
export interface Serving extends Listening {
  /** Stops without losing a request that ends in time: see `Drain`. Twice is fine. */
  close(): Promise<void>;
}

/**
 * Serves over HTTP what an app of the toolkit answers. It is a Nest application, which has Micro's app
 * and starts and stops it; its routes stand on the server itself, as what answers each call of a
 * system is nobody's controller.
 * @throws ConfigError for what is configured wrongly; nothing is left open then
 */
export async function serve(
  { fastify, drain }: HttpServer,
  { config, edge: options, routes, ...where }: ServeOptions,
): Promise<Serving> {
  let nest: NestFastifyApplication | undefined;
  try {
    const app = (nest = await NestFactory.create<NestFastifyApplication>(
      MicroModule.forRoot(config),
      new ServerAdapter(fastify),
      { logger: false, bodyParser: false, abortOnError: false },
    ));
    await app.init();
    const edge = await openEdge(app.get(App), options);
    fastify.addHook('onClose', () => edge.close());
    await fastify.register((scope) => routes(scope, edge));
    const listening = await listen(fastify, where);
    return { ...listening, close: () => drain.run(() => app.close()) };
  } catch (error) {
    await (nest ?? fastify).close();
    throw error;
  }
}
