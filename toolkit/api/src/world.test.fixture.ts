// A gateway and services in one process, over real HTTP in front.
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp, Handler, MicroError, Service } from 'micro-ts';
import type { App, Context } from 'micro-ts';
import memory, { MemoryNetwork } from '@micro-ts/memory';
import { createGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import type { ApiOptions } from './options.ts';

/** What handlers have seen. */
export const seen = { asleep: 0, aborted: 0, metadata: {} as Readonly<Record<string, string>> };

@Service('greeter', { version: '1.2.0' })
export class Greeter {
  @Handler({ http: 'GET /greet/:name', idempotent: true })
  async hello({ name }: { name?: string }, context: Context): Promise<{ message: string }> {
    seen.metadata = context.metadata;
    if (name === 'nobody') throw new MicroError('not_found', 'nobody is not here');
    return { message: `Hello ${String(name)}` };
  }

  /** Answers what it got, as it got it. */
  @Handler()
  async echo(request: Record<string, unknown>): Promise<Record<string, unknown>> {
    return request;
  }

  @Handler()
  async sleep({ ms = 60_000 }: { ms?: number }, { signal }: Context): Promise<{ slept: number }> {
    signal.addEventListener('abort', () => seen.aborted++);
    seen.asleep++;
    await pause(ms, undefined, { signal });
    return { slept: ms };
  }

  @Handler()
  async large({ size = 100_000 }: { size?: number }): Promise<{ text: string }> {
    return { text: 'x'.repeat(size) };
  }

  @Handler({ internal: true })
  async secret(): Promise<{ secret: true }> {
    return { secret: true };
  }

  @Handler()
  async *count({ to = 3 }: { to?: number }, { signal }: Context): AsyncIterable<{ n: number }> {
    signal.addEventListener('abort', () => seen.aborted++);
    for (let n = 1; n <= to; n++) yield { n };
  }
}

export interface World {
  readonly gateway: Gateway;
  readonly url: string;
  readonly app: App;
  /** Starts one more app of the network. */
  start(...services: object[]): Promise<App>;
  /** Writes bytes to a connection of its own; resolves with all that comes until it is closed. */
  raw(...parts: readonly (string | number)[]): Promise<string>;
  close(): Promise<void>;
}

/** Nothing that a test waits for. */
const quick = { address: '127.0.0.1:0', grace: 0, drain: 500 };

export async function openWorld(
  options: ApiOptions = {},
  services: readonly (new () => object)[] = [Greeter],
): Promise<World> {
  const network = new MemoryNetwork();
  const all = memory({ network });
  const config = { registry: all, transport: all, broker: all, log: 'silent', grace: 0 } as const;
  const start = (...own: object[]): Promise<App> => createApp(config, own);
  const apps = [await start(...services)];
  const app = apps[0] as App;
  const closeApps = (): Promise<unknown> => Promise.all(apps.map((each) => each.close()));
  const gateway = await createGateway({ ...quick, ...options }, config).catch(async (error) => {
    await closeApps();
    throw error;
  });
  return {
    ...{ gateway, url: gateway.url, app },
    start: async (...own) => {
      const one = await start(...own);
      apps.push(one);
      return one;
    },
    raw: (...parts) => talk(gateway, parts),
    close: async () => {
      await gateway.close();
      await closeApps();
    },
  };
}

/** Numbers are pauses in ms. */
function talk({ address }: Gateway, parts: readonly (string | number)[]): Promise<string> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve, reject) => {
    let text = '';
    const write = async (): Promise<void> => {
      for (const part of parts) {
        if (typeof part === 'number') await pause(part);
        else if (socket.writable) socket.write(part, 'latin1');
      }
    };
    const socket = connect(Number(port), host, () => void write());
    socket.setTimeout(15_000, () => socket.destroy(new Error(`no end after: ${text}`)));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(text) : reject(error),
    );
    socket.on('end', () => socket.end()).on('close', () => resolve(text));
  });
}
