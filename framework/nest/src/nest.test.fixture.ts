// Nest applications of a few controllers.
import { Module } from '@nestjs/common';
import type { INestMicroservice, ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createApp } from 'micro-ts';
import type { App, Config } from 'micro-ts';
import { MicroServer } from './index.ts';
import type { MicroServerOptions } from './index.ts';
import { afterwards } from './users.test.fixture.ts';

export const quiet = { logger: false, abortOnError: false } as const;

export function moduleOf(metadata: ModuleMetadata): new () => object {
  @Module(metadata)
  class AppModule {}
  return AppModule;
}

/** Starts a pure microservice. */
export async function microservice(
  options: MicroServerOptions,
  metadata: ModuleMetadata,
  prepare: (nest: INestMicroservice) => unknown = () => undefined,
): Promise<INestMicroservice> {
  const strategy = new MicroServer(options);
  const nest = await NestFactory.createMicroservice(moduleOf(metadata), { ...quiet, strategy });
  afterwards(() => nest.close());
  await prepare(nest);
  await nest.listen();
  return nest;
}

/** A client in a world. */
export async function client(config: Config): Promise<App> {
  const app = await createApp(config);
  afterwards(() => app.close());
  return app;
}
