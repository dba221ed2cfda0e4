import { MicroError } from '@micro-ts/interface';
import type { Closable, Listener, Node } from '@micro-ts/interface';
import type { BuiltApp } from './built-app.ts';
import { serveDebug } from './debug.ts';
import { Holdings } from './holdings.ts';
import { inTime } from './in-time.ts';
import { keepListening } from './keep-listening.ts';
import { advertisedAddress, listenAddress } from './network.ts';
import { nodeRecords } from './node-records.ts';
import { keepRegistered } from './registrar.ts';

/** What is told that it is cut off gets so long to say so, in ms; and so does each part that closes late. */
const lastWord = 1_000;

/** Streams without a deadline may go on forever; they are ended when a drain takes so long, in ms. */
const endlessPatience = 5_000;

/** The order in which an app starts and stops. */
export class Lifecycle {
  nodes: readonly Node[] = [];
  readonly #parts: BuiltApp;
  readonly #registrations: Holdings;
  /** Watches of users; closed with the app, whoever forgot them. */
  readonly watches: Holdings;
  readonly #listening: Holdings;
  /** The one that is open now, or was last. */
  #listener: Listener | undefined = undefined;
  /** When to stop waiting, on the clock of `performance.now()`. */
  #until = Infinity;

  constructor(parts: BuiltApp) {
    this.#parts = parts;
    const { health, settings } = parts;
    this.#registrations = new Holdings(health, settings.logger);
    this.watches = new Holdings(health, settings.logger);
    this.#listening = new Holdings(health, settings.logger);
  }

  /** Listen, `started`, subscribe, register: nobody hears of it before it can answer. */
  async start(): Promise<void> {
    const { services, subscriptions } = this.#parts;
    if (services.length > 0) await this.#listen();
    for (const service of services) await service.hook('started');
    const subscribing = services.flatMap((service) => service.subscribing);
    await Promise.all(subscribing.map((each) => subscriptions.open(each)));
    await Promise.all(this.nodes.map((node) => this.register(node)));
  }

  /** Keeps a record in the registry. Resolves when the first attempt has ended. */
  register(node: Node, ttl: number = this.#parts.settings.registerTtl): Promise<Closable> {
    const { registry } = this.#parts.roles;
    return this.#registrations.open(`registration ${node.id}`, true, (told) =>
      keepRegistered(registry, () => this.#latest(node), ttl, told),
    );
  }

  /**
   * The order in which nothing is lost: out of the registry first, the connections of others last.
   * What does not end in time is told, and cut off.
   */
  async stop(): Promise<void> {
    const { health, settings, roles, services } = this.#parts;
    const { shutdownTimeout, logger } = settings;
    const needed = this.#listener?.needsGrace?.() ?? true;
    const { grace = needed ? roles.transportSupports.grace : 0 } = settings;
    health.stopping = true;
    this.#until = performance.now() + shutdownTimeout;
    await this.#step('deregistering', () => this.#registrations.close());
    const draining = this.#drain(this.#listener === undefined ? 0 : grace);
    if (!(await inTime(draining, this.#left()))) await this.#cutOff(draining);
    for (const service of services)
      await this.#step('stopping', () => service.hook('stopping')).catch((error: unknown) => {
        logger.error('stopping failed', { service: service.record.name, error });
      });
    await this.#finish();
  }

  /** After a boot that failed: closes what was opened, without the manners of `stop`. */
  async abandon(): Promise<void> {
    this.#parts.health.stopping = true;
    await this.#finish();
  }

  async #listen(): Promise<void> {
    const { roles, settings, server, services } = this.#parts;
    for (const { endpoints } of services) for (const endpoint of endpoints) server.add(endpoint);
    for (const name of server.services)
      serveDebug(name, { ...this.#parts, logger: settings.logger });
    const network = await roles.network();
    const [transport] = roles.transports.values();
    if (transport === undefined) return;
    const kept = await keepListening(
      (address) => transport.listen(address, server.exchange),
      listenAddress(network, settings),
      (listener) => {
        this.#listener = listener;
        const advertised = advertisedAddress(listener.address, network, settings);
        this.nodes = nodeRecords(this.#parts, advertised, listener.metadata);
        for (const node of this.nodes) server.describe(node);
      },
    );
    await this.#listening.open('listener', true, kept);
    this.#parts.loop.start();
  }

  /** A node may say something else of itself after its listener was lost. */
  #latest(node: Node): Node {
    return this.nodes.find(({ id }) => id === node.id) ?? node;
  }

  /** Takes no more events, serves on for the grace, takes no more calls, and waits for those that run. */
  async #drain(grace: number): Promise<void> {
    const { deadlines, subscriptions, inProcess } = this.#parts;
    const events = subscriptions.close();
    if (grace > 0) await new Promise((resolve) => setTimeout(resolve, grace));
    const reason = new MicroError('unavailable', 'the node is going');
    const hurry = setTimeout(() => deadlines.endEndless(reason), endlessPatience).unref();
    await Promise.allSettled([this.#listener?.drain(), inProcess.idle(), events]);
    clearTimeout(hurry);
  }

  async #cutOff(draining: Promise<void>): Promise<void> {
    const { shutdownTimeout: after, logger } = this.#parts.settings;
    logger.warn('what still runs is cut off', { ...this.#endAll('the app is closing'), after });
    await inTime(draining, lastWord);
  }

  #endAll(text: string): { readonly calls: number; readonly events: number } {
    const { deadlines, subscriptions } = this.#parts;
    const reason = new MicroError('unavailable', text);
    return { calls: deadlines.endAll(reason), events: subscriptions.endAll(reason) };
  }

  /** Closes all, whatever fails. Rejects with what the user's own parts failed with. */
  async #finish(): Promise<void> {
    const { caller, subscriptions, resolver, container, roles, loop } = this.#parts;
    caller.close();
    this.#endAll('the app is closed');
    const steps: Record<string, () => Promise<unknown> | undefined> = {
      registrations: () => this.#registrations.close(),
      subscriptions: () => subscriptions.close(),
      watches: () => this.watches.close(),
      listener: () => this.#listening.close(),
      connections: () => resolver.close(),
      'what was provided': () => container.close(),
      plugins: () => roles.close(),
    };
    const failures: unknown[] = [];
    for (const [what, close] of Object.entries(steps))
      await this.#step(`closing ${what}`, close).catch((error: unknown) => failures.push(error));
    loop.stop();
    if (failures.length > 0) throw failures[0];
  }

  /** Does one thing in the time that is left. */
  async #step(what: string, work: () => Promise<unknown> | undefined): Promise<void> {
    const done = await inTime((async () => work())(), this.#left());
    if (!done) this.#parts.settings.logger.warn(`${what} takes too long and is left behind`);
  }

  #left(): number {
    return Math.max(lastWord, Math.min(this.#until - performance.now(), 2 ** 31 - 1));
  }
}
