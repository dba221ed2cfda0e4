import { Module } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import type { DynamicModule, FactoryProvider, ModuleMetadata, Provider } from '@nestjs/common';
import { Publisher } from 'micro-ts';
import type { Class, Config } from 'micro-ts';
import { App } from './app.ts';
import { IdleConnections } from './idle-connections.ts';
import { clientProviders } from './inject-client.ts';
import { MicroErrorFilter } from './micro-exception.filter.ts';

/** How a configuration is made of what Nest provides. */
export interface MicroModuleAsyncOptions {
  /** Modules that export what is injected. */
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  /** @returns the configuration; `undefined` for that of `micro.config.ts` */
  readonly useFactory: (...injected: never[]) => Config | undefined | Promise<Config | undefined>;
}

/**
 * Brings Micro to a Nest application: one app, which every module can have injected, as `App`, as
 * `Publisher`, and by `@InjectClient`.
 */
@Module({})
export class MicroModule {
  /**
   * For the root module, once.
   * @param config in place of the `micro.config.ts` that is otherwise looked for
   */
  static forRoot(config?: Config): DynamicModule {
    return moduleOf({ provide: App, useFactory: () => new App(config) });
  }

  /** For the root module, where the configuration depends on what others provide. */
  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
  }: MicroModuleAsyncOptions): DynamicModule {
    const make = async (...injected: never[]): Promise<App> =>
      new App(await useFactory(...injected));
    return moduleOf({ provide: App, inject, useFactory: make }, imports);
  }

  /**
   * Clients for a module that is loaded later than the root module, by `LazyModuleLoader`; others need
   * it not.
   */
  static forFeature(services: readonly (string | Class)[]): DynamicModule {
    const providers = clientProviders(services);
    return { module: MicroModule, providers, exports: providers };
  }
}

/** What nobody has injected. */
const unseen: readonly Provider[] = [
  {
    provide: IdleConnections,
    inject: [{ token: HttpAdapterHost, optional: true }],
    useFactory: (host?: HttpAdapterHost) => new IdleConnections(host),
  },
  { provide: APP_FILTER, useClass: MicroErrorFilter },
];

function moduleOf(
  app: Provider,
  imports: NonNullable<ModuleMetadata['imports']> = [],
): DynamicModule {
  // Asked for when Nest starts: by then the classes are loaded that ask for clients.
  const injected = (): Provider[] => [
    app,
    { provide: Publisher, useExisting: App },
    ...clientProviders(),
  ];
  return {
    module: MicroModule,
    global: true,
    imports,
    get providers() {
      return [...injected(), ...unseen];
    },
    get exports() {
      return injected();
    },
  };
}
