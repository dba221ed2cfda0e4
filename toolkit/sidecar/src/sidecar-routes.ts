import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'micro-ts';
import { calls, openEdge, requestStats, rpc, sendError, takeRawBodies } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import type { App } from '@micro-ts/nest';
import { appBeside } from './app-beside.ts';
import { broker } from './broker.ts';
import { health } from './health.ts';
import type { SidecarSettings } from './options.ts';
import type { Probe } from './probe.ts';
import { Registrations } from './registrations.ts';
import { registry } from './registry.ts';

/** What is served, from the opening of the app on; it ends before the server and the app do. */
export class SidecarRoutes implements OnModuleInit, OnModuleDestroy {
  readonly #app: App;
  readonly #host: HttpAdapterHost;
  readonly #options: SidecarSettings;
  readonly #registrations: Registrations;
  #edge: Edge | undefined = undefined;

  constructor(app: App, host: HttpAdapterHost, options: SidecarSettings, logger: Logger) {
    this.#app = app;
    this.#host = host;
    this.#options = options;
    const checking = {
      interval: options.healthcheckInterval,
      timeout: options.healthcheckTimeout,
      threshold: options.healthcheckThreshold,
    };
    this.#registrations = new Registrations({ app, logger, checking }, options.registrations);
  }

  async onModuleInit(): Promise<void> {
    const edge = await openEdge(this.#app, {
      headers: ['*'], // who calls here is a program, and says what it means
      mostStreams: this.#options.sockets,
    });
    this.#edge = edge;
    const server = this.#host.httpAdapter.getInstance<FastifyInstance>();
    const beside = appBeside(this.#options);
    await server.register(async (scope) => this.#serve(scope, edge, beside?.probe));
    if (beside !== undefined) this.#registrations.register(beside).catch(() => undefined);
  }

  /** What is registered here goes first, as nobody would look after it any more. */
  async onModuleDestroy(): Promise<void> {
    await this.#registrations.close();
    this.#edge?.streams.end();
    await this.#edge?.close();
  }

  async #serve(scope: FastifyInstance, edge: Edge, beside: Probe | undefined): Promise<void> {
    const { healthcheckHosts, healthcheckTimeout: timeout } = this.#options;
    takeRawBodies(scope);
    scope.setErrorHandler((error, request, reply) => {
      sendError(request, reply, error, 'micro');
    });
    await scope.register(requestStats, { edge });
    await scope.register(rpc, { edge, addresses: true, unlisted: true });
    const registering = { registrations: this.#registrations, healthcheckHosts };
    await scope.register(registry, { edge, ...registering });
    await scope.register(broker, { edge });
    await scope.register(calls, { edge, namespace: this.#options.namespace, unlisted: true });
    await scope.register(health, { app: this.#app, beside, timeout });
  }
}
