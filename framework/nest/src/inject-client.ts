import { Inject } from '@nestjs/common';
import type { FactoryProvider } from '@nestjs/common';
import { ConfigError } from 'micro-ts';
import type { Class } from 'micro-ts';
import { App } from './app.ts';

/** Tokens of the clients that classes ask for, by service; each app has clients of its own. */
const tokens = new Map<string | Class, symbol>();

/**
 * The token of the client of a service: for factories, and for fakes in tests.
 * @example Test.createTestingModule({
 *   providers: [Orders, { provide: getClientToken('users'), useValue: { get: async () => ann } }],
 * })
 */
export function getClientToken(service: string | Class): symbol {
  let token = tokens.get(service);
  if (token === undefined) {
    token = Symbol(`Client(${typeof service === 'string' ? service : service.name})`);
    tokens.set(service, token);
  }
  return token;
}

/**
 * Injects the client of a service into what Nest constructs.
 * @param service its name, with which `import type` of the class is enough; or the class
 * @throws ConfigError if the class is still loading
 * @example constructor(@InjectClient('users') private readonly users: Client<Users>) {}
 */
export function InjectClient(service: string | Class): ParameterDecorator & PropertyDecorator {
  if (service === undefined)
    throw new ConfigError(
      '@InjectClient',
      'its class is undefined',
      "Two files import each other. Write @InjectClient('name') with `import type`.",
    );
  return Inject(getClientToken(service));
}

/** Makes the clients that all classes ask for which are loaded by now, or those of some services. */
export function clientProviders(
  services: Iterable<string | Class> = [...tokens.keys()],
): FactoryProvider<object>[] {
  return Array.from(services, (service) => ({
    provide: getClientToken(service),
    inject: [App],
    useFactory: (app: App): object => app.client(service as string),
  }));
}
