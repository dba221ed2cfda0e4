// A registry that is held in the hand, and a transport that does as it is told.
import { setTimeout as pause } from 'node:timers/promises';
import { closable, definePlugin, metadata, MicroError } from '@micro-ts/interface';
import type { Configured, ConnectionState, Exchange, Logger } from '@micro-ts/interface';
import type { Losable, Node, Registry, RegistryListener, Transport } from '@micro-ts/interface';
import memory from '@micro-ts/memory';
import { createApp } from './index.ts';
import type { App, AppOptions } from './index.ts';

export async function until(test: () => boolean): Promise<void> {
  for (let left = 500; !test(); left--) {
    if (left === 0) throw new Error('never');
    await pause(10);
  }
}

/** What a promise rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<MicroError> {
  const failure: unknown = await work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
  if (failure instanceof MicroError) return failure;
  throw failure;
}

/** A log that is kept. */
export function recorder(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const line = (message: string, fields?: object): void =>
    void lines.push(`${message} ${JSON.stringify(fields ?? {}, asText)}`);
  const logger: Logger = {
    ...{ debug: () => undefined, info: line, warn: line, error: line },
    with: () => logger,
  };
  return { logger, lines };
}

const asText = (_key: string, value: unknown): unknown =>
  value instanceof Error ? String(value) : value;

/** An app alone in a network of its own, or in the one that is given. */
export function memoryOptions(own: Partial<AppOptions> = {}): AppOptions {
  const network = memory();
  const { logger } = recorder();
  const roles = { registry: network, broker: network, transports: [network] };
  return { ...roles, logger, grace: 0, ...own };
}

export const nodeOf = (id: string, own: Partial<Node> = {}): Node => ({
  id,
  service: 'shop',
  version: '1',
  address: `${id}:1`,
  metadata: metadata(),
  endpoints: [
    { name: 'Shop.Buy', kind: 'unary', metadata: metadata() },
    { name: 'Shop.Look', kind: 'unary', metadata: metadata({ idempotent: 'true' }) },
    { name: 'Shop.List', kind: 'server', metadata: metadata() },
    { name: 'Shop.Fill', kind: 'client', metadata: metadata() },
  ],
  ...own,
});

/** Answers nothing, and goes when the call does. */
export const hang: Exchange = ({ lifetime }) =>
  new Promise((_resolve, reject) => lifetime.onEnd(reject));

/** The nodes of one service, told to whoever watches; the watch can be cut. */
export class World implements Registry {
  nodes: Node[] = [];
  watches = new Map<Losable, RegistryListener>();
  away = false;
  /** What a node does with a call; answers by default. */
  readonly behaviour = new Map<string, Exchange>();
  readonly unreachable = new Set<string>();
  readonly connections = new Map<string, { life: Losable; state(now: ConnectionState): void }>();
  readonly calls: string[] = [];
  dials = 0;

  tell(): void {
    for (const listener of this.watches.values()) listener(new Map([['shop', [...this.nodes]]]));
  }
  set(...nodes: Node[]): void {
    this.nodes = nodes;
    this.tell();
  }
  async register(): Promise<void> {}
  async deregister(): Promise<void> {}
  async lookup(): Promise<readonly Node[]> {
    return this.nodes;
  }
  async list(): Promise<readonly string[]> {
    return ['shop'];
  }
  async watch(listener: RegistryListener) {
    if (this.away) throw new Error('away');
    const watch = closable(() => this.watches.delete(watch));
    this.watches.set(watch, listener);
    listener(new Map([['shop', [...this.nodes]]]));
    return watch;
  }

  readonly transport: Transport = {
    connect: async ({ address }) => {
      this.dials++;
      const id = address.slice(0, -2);
      if (this.unreachable.has(id))
        throw new MicroError('unavailable', 'refused', { refused: true });
      let told: (state: ConnectionState) => void = () => undefined;
      const life = closable(() => undefined);
      this.connections.set(id, { life, state: (now) => told(now) });
      const exchange: Exchange = async (call) => {
        this.calls.push(`${id} ${call.attempt}`);
        const own = this.behaviour.get(id);
        if (own !== undefined) return own(call);
        return { contentType: call.contentType, metadata: metadata(), body: Buffer.from('{}') };
      };
      return { ...life, exchange, onState: (listener) => (told = listener) };
    },
    listen: () => Promise.reject(new Error('nobody listens here')),
  };

  plugin(): Configured<'registry' | 'transport'> {
    const supports = { streams: true, cancel: true, grace: 0 };
    return definePlugin({
      name: 'world',
      roles: {
        registry: { supports: { ttl: false, watch: true, scope: 'host' }, create: () => this },
        transport: { supports, create: () => this.transport },
      },
    })();
  }

  async app(own: Partial<AppOptions> = {}): Promise<App> {
    const plugin = this.plugin();
    const { logger } = recorder();
    return createApp({ registry: plugin, transports: [plugin], broker: memory(), logger, ...own });
  }
}
