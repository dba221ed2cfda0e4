import { randomUUID } from 'node:crypto';
import { ConfigError, Logger } from '@micro-ts/interface';
import type { AppOptions, Settings } from './app-options.ts';
import { settle } from './app-options.ts';
import type { App } from './app.ts';
import { Caller } from './caller.ts';
import type { Class } from './class.ts';
import { Codecs } from './codecs.ts';
import { compose } from './compose.ts';
import { createContainer } from './container.ts';
import type { Container } from './container.ts';
import { CurrentContext } from './context.ts';
import { createClient } from './client.ts';
import { Deadlines } from './deadlines.ts';
import { describeService } from './describe.ts';
import { EventPublisher } from './event-publisher.ts';
import { Health } from './health.ts';
import { InProcess } from './in-process.ts';
import { createInvoke } from './invoke.ts';
import { Lifecycle } from './lifecycle.ts';
import type { LiveCall } from './live-call.ts';
import { read } from './metadata.ts';
import { Publisher } from './publisher.ts';
import { Resolver } from './resolver.ts';
import { retry } from './retry.ts';
import { openRoles } from './roles.ts';
import type { OpenRoles } from './roles.ts';
import type { BuiltApp } from './built-app.ts';
import { RunningApp } from './running-app.ts';
import { Server } from './server.ts';
import { ServedService } from './served-service.ts';
import { LoopDelay } from './stats.ts';
import { Subscriptions } from './subscriptions.ts';
import { role } from './token.ts';

type BeforeServing = (app: App) => Promise<void>;

/**
 * Builds an app, starts its services and registers them. Resolves when they serve.
 * @param beforeServing is given the app when it can call; it listens when this resolves
 * @throws ConfigError for what is configured wrongly; nothing is left open then
 */
export async function createApp(options: AppOptions, beforeServing?: BeforeServing): Promise<App> {
  const settings = settle(options);
  const name = settings.name ?? firstService(settings) ?? 'micro';
  const health = new Health(settings.logger);
  const roles = openRoles(settings, name, health);
  const opened: (() => Promise<void>)[] = [() => roles.close()];
  try {
    const parts = await build(settings, name, health, roles, opened);
    const lifecycle = new Lifecycle(parts);
    opened.push(() => lifecycle.abandon());
    const app = new RunningApp(parts, lifecycle);
    await beforeServing?.(app);
    await lifecycle.start();
    return app;
  } catch (error) {
    // Why it cannot start matters more than why it cannot be closed.
    for (const close of opened.reverse()) await close().catch(() => undefined);
    throw error;
  }
}

async function build(
  settings: Settings,
  name: string,
  health: Health,
  roles: OpenRoles,
  opened: (() => Promise<void>)[],
): Promise<BuiltApp> {
  const { logger, client, server: interceptors, deadline, limits, exposeDebug } = settings;
  const { messageBytes, metadataBytes } = limits;
  const codecs = new Codecs(roles.codecs, messageBytes);
  const deadlines = new Deadlines();
  const current = new CurrentContext();
  const resolver = new Resolver(roles.registry, roles.transports, health);
  opened.push(() => resolver.close());
  const server = new Server({ codecs, deadlines, deadline, exposeDebug });
  const inProcess = new InProcess(server, codecs);
  const remote = createInvoke({ resolver, codecs, selector: roles.selector });
  const invoke = compose(
    [...client, retry(settings.retries, current)],
    (call) => inProcess.call(call as LiveCall) ?? remote(call),
  );
  const calling = { resolver, server, deadlines, current, deadline, metadataBytes, invoke };
  const caller = new Caller(calling);
  const { broker, brokerName, brokerSupports: supports } = roles;
  const publishing = { broker, codecs, current, app: name, interceptors: client, metadataBytes };
  const publisher = new EventPublisher(publishing);
  const container = createContainer({
    client: (service) => createClient(caller, service),
    providers: settings.providers ?? [],
    values: injectables(logger, publisher, roles),
  });
  opened.push(() => container.close());
  const instances = await construct(settings, container);
  if (container.usesClients) current.enable();
  const served = { interceptors, current, logger };
  const events = { ...served, broker, supports, brokerName, codecs, health };
  const subscriptions = new Subscriptions(events);
  const services: ServedService[] = [];
  for (const [type, instance] of instances) {
    const plan = await describeService(type, read(type), roles.validation);
    services.push(new ServedService(plan, instance, served));
  }
  const calls = { server, inProcess, resolver, caller, deadlines, current };
  const about = { name, id: settings.id ?? randomUUID(), settings, roles, health, container };
  return { ...about, ...calls, services, publisher, subscriptions, loop: new LoopDelay() };
}

type Described = Class & { readonly name: string; readonly prototype: object };

/** The services, constructed by the container unless they were given as instances. */
async function construct(
  { services }: Settings,
  container: Container,
): Promise<readonly (readonly [Described, object])[]> {
  const twice = services.find((each, at) => services.indexOf(each) !== at);
  if (twice !== undefined) {
    const { name } = typeof twice === 'function' ? twice : twice.constructor;
    throw new ConfigError('services', `${name} stands there twice`);
  }
  const classes = services.filter((each) => typeof each === 'function');
  for (const each of classes) container.add(each as Class);
  const built = await container.build();
  return services.map((each) => {
    if (typeof each !== 'function') return [each.constructor as Described, each];
    return [each as Described, built.get(each as Class) as object];
  });
}

function injectables(
  logger: Logger,
  publisher: Publisher,
  { registry, broker, selector, transports }: OpenRoles,
): ReadonlyMap<unknown, unknown> {
  const [transport] = transports.values();
  return new Map<unknown, unknown>([
    [Logger, logger],
    [Publisher, publisher],
    [role('registry'), registry],
    [role('broker'), broker],
    [role('selector'), selector],
    [role('transport'), transport],
  ]);
}

function firstService({ services }: Settings): string | undefined {
  const [first] = services;
  if (first === undefined) return undefined;
  return read(typeof first === 'function' ? first : first.constructor)?.service?.name;
}
