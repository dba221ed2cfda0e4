// A hybrid application as a user writes it. What it does besides is said by the environment.
import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { Controller, Get, Inject, Module, Param } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConsoleLogger } from 'micro-ts';
import type { Client } from 'micro-ts';
import { App, InjectClient, MicroModule, MicroServer, NestLogger } from './index.ts';

@Controller()
class Sleeper implements OnModuleInit {
  constructor(
    @InjectClient('sleeper') private readonly sleeper: Client<Sleeper>,
    @Inject(App) private readonly app: App,
  ) {}

  async onModuleInit(): Promise<void> {
    console.log(`knows ${(await this.app.list()).join()}`);
    if (process.env['TEST_BUG'] !== undefined) throw new TypeError('not my day');
  }

  @Get('sleep/:ms')
  async nap(@Param('ms') ms: string): Promise<{ readonly slept: number }> {
    return this.sleeper.sleep({ ms: Number(ms) });
  }

  @MessagePattern('Sleeper.Sleep')
  async sleep(
    @Payload() { ms = 0 }: { readonly ms?: number },
  ): Promise<{ readonly slept: number }> {
    if (ms > 100) console.log(`sleeps for ${ms}`);
    await wait(ms);
    return { slept: ms };
  }
}

@Module({ imports: [MicroModule.forRoot()], controllers: [Sleeper] })
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: new NestLogger(new ConsoleLogger('warn')),
});
const shared = process.env['TEST_TWO_APPS'] === undefined ? { app: app.get(App) } : {};
const strategy = new MicroServer({ name: 'sleeper', version: '1.2.3', ...shared });
app.connectMicroservice({ strategy });
app.enableShutdownHooks();
await app.startAllMicroservices();
await app.listen(0, '127.0.0.1');
console.log(`listens on ${await app.getUrl()}`);
