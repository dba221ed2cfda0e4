// An HTTP application of NestJS that forwards to a microservice over its TCP transport: on Express, as
// Nest makes it, or on Fastify.
import 'reflect-metadata';
import { Body, Controller, HttpCode, Logger, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { answering, requestsTo } from './http-requests.mjs';
import { serve, transportOf } from './nest-tcp.mjs';

Logger.overrideLogger(false);

export { serve };

export async function forward({ httpPort, fast, ...options }) {
  const client = ClientProxyFactory.create(transportOf(options));
  await client.connect();
  class GreeterController {
    hello(body) {
      return client.send('hello', body);
    }
  }
  const { prototype } = GreeterController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'hello');
  Body()(prototype, 'hello', 0);
  Post('hello')(prototype, 'hello', descriptor);
  HttpCode(200)(prototype, 'hello', descriptor);
  Controller('greeter')(GreeterController);
  class GatewayModule {}
  Module({ controllers: [GreeterController] })(GatewayModule);
  const adapter = fast ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(GatewayModule, adapter, { logger: false });
  await app.listen(httpPort, '127.0.0.1');
  return { close: () => Promise.all([app.close(), client.close()]) };
}

export const connect = ({ httpPort, inFlight }) =>
  answering(requestsTo(httpPort, '/greeter/hello', { inFlight }));
