// NestJS: a microservice and a client proxy over its TCP transport, with the default options.
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { greet, request } from './payload.mjs';

/** What the decorators do, by hand: this is plain JavaScript. */
class GreeterController {
  hello(data) {
    return greet(data);
  }
}
const { prototype } = GreeterController;
MessagePattern('hello')(prototype, 'hello', Object.getOwnPropertyDescriptor(prototype, 'hello'));
Controller()(GreeterController);

class GreeterModule {}
Module({ controllers: [GreeterController] })(GreeterModule);

export async function serve({ port }) {
  const app = await NestFactory.createMicroservice(GreeterModule, {
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
    logger: false,
  });
  await app.listen();
  return app;
}

export async function connect({ port }) {
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  await client.connect();
  return {
    call: () => firstValueFrom(client.send('hello', request)),
    close: () => client.close(),
  };
}
