import type { Closable, Node, Registry, RegistryListener } from '@micro-ts/interface';
import type { RegistrySupports, RoleContext } from '@micro-ts/interface';
import { ReportOnce } from '@micro-ts/wire';
import type { NatsLink } from '../link.ts';
import type { NatsSettings } from '../options.ts';
import { ask } from './ask.ts';
import type { Asking } from './ask.ts';
import { Feed } from './feed.ts';
import { localAddress } from './local-address.ts';
import { Registrations } from './registrations.ts';
import { families } from './subjects.ts';
import type { Family } from './subjects.ts';
import { Watch } from './watch.ts';

export const registrySupports: RegistrySupports = { ttl: true, watch: true, scope: 'network' };

/** What one connection has. */
interface Session {
  readonly asking: Asking;
  readonly registrations: Registrations;
  readonly feed: Feed;
}

/**
 * go-micro's registry on NATS, which keeps nothing: processes answer for what they registered. Ours
 * tell their watchers that they live, so that a node whose process died or hangs expires.
 */
export class NatsRegistry implements Registry {
  readonly #context: RoleContext<NatsLink>;
  readonly #families: readonly Family[];
  readonly #sessions = new WeakMap<NatsLink, Session>();

  constructor({ subjects }: NatsSettings, context: RoleContext<NatsLink>) {
    this.#context = context;
    this.#families = families(subjects);
  }

  async register(node: Node, ttl: number): Promise<void> {
    const { registrations } = await this.#session();
    await registrations.register(node, ttl);
  }

  async deregister(node: Node): Promise<void> {
    const { registrations } = await this.#session();
    await registrations.deregister(node);
  }

  async lookup(service: string): Promise<readonly Node[]> {
    const { asking } = await this.#session();
    return ask(asking, service);
  }

  async list(): Promise<readonly string[]> {
    const { asking } = await this.#session();
    return [...new Set((await ask(asking)).map(({ service }) => service))].sort();
  }

  async watch(listener: RegistryListener, service?: string): Promise<Closable> {
    const { asking, feed } = await this.#session();
    return new Watch(asking, feed, listener, service).start();
  }

  async localAddress(): Promise<string> {
    const { asking } = await this.#session();
    return localAddress(asking.link);
  }

  async #session(): Promise<Session> {
    const link = await this.#context.connection();
    const known = this.#sessions.get(link);
    if (known !== undefined) return known;
    const { limits } = this.#context;
    const common = { families: this.#families, limit: limits.handshake, garbage: this.#garbage() };
    const asking: Asking = { link, ...common };
    const session = { asking, registrations: new Registrations(asking), feed: new Feed(asking) };
    this.#sessions.set(link, session);
    return session;
  }

  /** Each place from which garbage comes is logged once for each connection. */
  #garbage(): (subject: string) => void {
    const report = new ReportOnce(this.#context.logger);
    const text = 'the registry nats skips what it cannot read';
    return (subject) => report.warn(subject, text, { subject });
  }
}
