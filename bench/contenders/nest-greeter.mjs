// A microservice of NestJS that answers calls and handles events, over any of its transports.
// What the decorators do, by hand: this is plain JavaScript.
import 'reflect-metadata';
import { Controller, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { greet } from './payload.mjs';

Logger.overrideLogger(false);

export async function serveGreeter(transport) {
  class GreeterController {
    hello(data) {
      return greet(data);
    }
  }
  decorate(GreeterController, MessagePattern('hello'), 'hello');
  return listen(GreeterController, transport);
}

/** @param handle is told of the event and of what stands around it */
export async function serveEvents(transport, handle) {
  class EventsController {
    on(event, context) {
      return handle(event, context);
    }
  }
  Payload()(EventsController.prototype, 'on', 0);
  Ctx()(EventsController.prototype, 'on', 1);
  decorate(EventsController, EventPattern('bench.events'), 'on');
  return listen(EventsController, transport);
}

function decorate(target, decorator, method) {
  const { prototype } = target;
  decorator(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
  Controller()(target);
}

async function listen(controller, transport) {
  class OnlyModule {}
  Module({ controllers: [controller] })(OnlyModule);
  const app = await NestFactory.createMicroservice(OnlyModule, { ...transport, logger: false });
  await app.listen();
  return app;
}
