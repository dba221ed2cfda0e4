import { Module } from '@nestjs/common';
import type { DynamicModule, FactoryProvider, InjectionToken } from '@nestjs/common';
import type { ModuleMetadata, Provider, Type } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ConfigError, Publisher } from 'micro-ts';
import type { Class, Config } from 'micro-ts';
import { App } from './app.ts';
import { IdleConnections } from './idle-connections.ts';
import { clientProviders } from './inject-client.ts';
import { MicroErrorFilter } from './micro-exception.filter.ts';

/** Makes the configuration of `MicroModule`, as a provider of Nest. */
export interface MicroConfigFactory {
  /** @returns the configuration; `undefined` for that of `micro.config.ts` */
  createMicroConfig(): Config | undefined | Promise<Config | undefined>;
}

/** How a configuration is made of what Nest provides: by a function, or by a class of the user. */
export type MicroModuleAsyncOptions = {
  /** Modules that export what is injected. */
  readonly imports?: ModuleMetadata['imports'];
} & (
  | {
      /** @returns the configuration; `undefined` for that of `micro.config.ts` */
      readonly useFactory: (
        ...injected: never[]
      ) => Config | undefined | Promise<Config | undefined>;
      readonly inject?: FactoryProvider['inject'];
    }
  | { readonly useClass: Type<MicroConfigFactory> }
  | { readonly useExisting: InjectionToken<MicroConfigFactory> }
);

/**
 * Brings Micro to a Nest application: one app, which every module can have injected, as `App`, as
 * `Publisher`, and by `@InjectClient`.
 */
@Module({})
export class MicroModule {
  /**
   * For the root module, once; a second one, or `forRootAsync` besides, stops the boot.
   * @param config in place of the `micro.config.ts` that is otherwise looked for
   */
  static forRoot(config?: Config): DynamicModule {
    return moduleOf({ provide: App, useFactory: () => new App(config) });
  }

  /** For the root module, where the configuration depends on what others provide. */
  static forRootAsync({ imports, ...source }: MicroModuleAsyncOptions): DynamicModule {
    if ('useFactory' in source) {
      const { inject = [], useFactory } = source;
      const make = async (...injected: never[]): Promise<App> =>
        new App(await useFactory(...injected));
      return moduleOf({ provide: App, inject, useFactory: make }, imports);
    }
    const token = 'useClass' in source ? source.useClass : source.useExisting;
    const make = async (factory: MicroConfigFactory): Promise<App> =>
      new App(await factory.createMicroConfig());
    const app = { provide: App, inject: [token], useFactory: make };
    return moduleOf(app, imports, 'useClass' in source ? [source.useClass] : []);
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
  { provide: Symbol('one app'), inject: [ModulesContainer], useFactory: checkOneApp },
];

/** @throws ConfigError if the application has several apps, of which nobody could say which is meant */
function checkOneApp(modules: ModulesContainer): void {
  const own = [...modules.values()].filter(({ metatype }) => metatype === MicroModule);
  if (own.filter(({ providers }) => providers.has(App)).length > 1)
    throw new ConfigError(
      'MicroModule',
      'is configured twice',
      'Call forRoot or forRootAsync once, in the root module; its app is there for all modules.',
    );
}

function moduleOf(
  app: Provider,
  imports: ModuleMetadata['imports'] = [],
  own: readonly Provider[] = [],
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
      return [...injected(), ...own, ...unseen];
    },
    get exports() {
      return injected();
    },
  };
}
