import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ConsoleLogger } from 'micro-ts';
import type { Config } from 'micro-ts';
import { App, MicroModule } from '@micro-ts/nest';
import type { SidecarSettings } from './options.ts';
import { SidecarRoutes } from './sidecar-routes.ts';

/** The Nest application of a sidecar. */
@Module({})
export class SidecarModule {
  static forRoot(options: SidecarSettings, config?: Config): DynamicModule {
    const logger = new ConsoleLogger(config?.log);
    const routes = {
      provide: SidecarRoutes,
      inject: [App, HttpAdapterHost],
      useFactory: (app: App, host: HttpAdapterHost) =>
        new SidecarRoutes(app, host, options, logger),
    };
    return { module: SidecarModule, imports: [MicroModule.forRoot(config)], providers: [routes] };
  }
}
