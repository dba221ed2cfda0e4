import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Config } from 'micro-ts';
import { MicroModule } from '@micro-ts/nest';
import type { SidecarOptions } from './options.ts';
import { settings, SidecarRoutes } from './sidecar-routes.ts';

/** The Nest application of a sidecar. */
@Module({})
export class SidecarModule {
  static forRoot(options: SidecarOptions, config?: Config): DynamicModule {
    return {
      module: SidecarModule,
      imports: [MicroModule.forRoot(config)],
      providers: [{ provide: settings, useValue: { options, level: config?.log } }, SidecarRoutes],
    };
  }
}
