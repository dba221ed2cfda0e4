// Opens the plugin as apps do, and keeps what they say.
import { defaultLimits, metadata } from '@micro-ts/interface';
import type { Broker, BrokerSubscribeOptions, Closable, Delivery } from '@micro-ts/interface';
import type { DeliveryHandler, Limits, LogFields, Logger, Message } from '@micro-ts/interface';
import type { OpenPlugin, Registry } from '@micro-ts/interface';
import { redis } from './index.ts';

type Options = Parameters<typeof redis>[0];

/** A log that keeps its lines. */
export class Recorder implements Logger {
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  debug = (): void => undefined;
  info = (): void => undefined;
  warn = (message: string, fields?: LogFields): void => void this.lines.push({ message, fields });
  error = (message: string, fields?: LogFields): void => void this.lines.push({ message, fields });
  with = (): Logger => this;
}

/** An app with the plugin. */
export interface App {
  readonly broker: Broker;
  readonly registry: Registry;
  readonly plugin: OpenPlugin<'broker' | 'registry'>;
  readonly log: Recorder;
}

export function openApp(options: Options, limits: Partial<Limits> = {}): App {
  const log = new Recorder();
  const context = { app: 'test', logger: log, limits: { ...defaultLimits, ...limits } };
  const plugin = redis(options).open(context);
  const nowhere = (): never => {
    throw new Error('not for plugins with a server');
  };
  const none: Registry = {
    register: nowhere,
    deregister: nowhere,
    lookup: nowhere,
    list: nowhere,
  };
  const surroundings = { registry: none, network: nowhere };
  const broker = plugin.create('broker', surroundings);
  return { broker, registry: plugin.create('registry', surroundings), plugin, log };
}

export const event = (text: string): Message<Uint8Array> => ({
  contentType: 'text/plain',
  metadata: metadata(),
  body: new TextEncoder().encode(text),
});

export const textOf = ({ body }: Message<Uint8Array>): string => new TextDecoder().decode(body);

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

const defaults: BrokerSubscribeOptions = {
  queue: undefined,
  delivery: 'at-least-once',
  attempts: 3,
  concurrency: 16,
};

/** A subscription that is opened again when it was lost, as core does. */
export async function keepSubscribed(
  { broker }: App,
  topic: string,
  options: Partial<BrokerSubscribeOptions> = {},
  act: DeliveryHandler = async () => undefined,
): Promise<{ readonly deliveries: readonly Delivery[]; close(): Promise<void> }> {
  const deliveries: Delivery[] = [];
  const handler: DeliveryHandler = async (delivery) => {
    deliveries.push(delivery);
    await act(delivery);
  };
  const open = (): Promise<Closable> =>
    broker.subscribe(topic, handler, { ...defaults, ...options });
  let current = await open();
  let closed = false;
  const keep = async (): Promise<void> => {
    while (!closed) {
      await current.closed;
      while (!closed) {
        const opened = await open().catch((error: unknown) => {
          // The plugin, that is; a connection that is closed is opened again.
          closed ||= String(error).includes('redis is closed');
        });
        if (opened !== undefined) {
          current = opened;
          break;
        }
        await pause(50);
      }
    }
  };
  void keep();
  return {
    deliveries,
    close: () => {
      closed = true;
      return current.close();
    },
  };
}

/** Publishes until it is taken. @returns how many attempts it took */
export async function publishSurely({ broker }: App, topic: string, text: string): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      await broker.publish(topic, event(text));
      return tries;
    } catch {
      await pause(20);
    }
  }
}
