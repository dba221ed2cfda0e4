// Sidecars, services and apps of other languages in one process.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memory } from '@micro-ts/memory';
import { createApp, Handler, MicroError, Service } from 'micro-ts';
import type { App, Config, Context } from 'micro-ts';
import type { SidecarOptions } from './options.ts';
import { createSidecar } from './sidecar.ts';
import type { Sidecar } from './sidecar.ts';

/** All that is started here is closed after each test, the youngest first. */
const opened: (() => unknown)[] = [];
export const afterwards = (close: () => unknown): void => void opened.push(close);
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** Infrastructure that all of one test share; calls go over real sockets. */
export function world(): Config {
  const plugin = memory();
  return { registry: plugin, transport: ['http', plugin], broker: plugin, log: 'silent', grace: 0 };
}

export interface Opened {
  readonly sidecar: Sidecar;
  /** `http://127.0.0.1:12345` */
  readonly url: string;
}

export async function openSidecar(config: Config, options: SidecarOptions = {}): Promise<Opened> {
  const address = '127.0.0.1:0';
  const sidecar = await createSidecar({ address, ...options }, config);
  afterwards(() => sidecar.close());
  return { sidecar, url: `http://${sidecar.address}` };
}

export async function openApp(config: Config, ...services: object[]): Promise<App> {
  const app = await createApp(config, services);
  afterwards(() => app.close());
  return app;
}

@Service('greeter', { version: '1.0.0' })
export class Greeter {
  @Handler()
  async hello({ name }: { readonly name: string }): Promise<{ readonly message: string }> {
    if (name === 'nobody') throw new MicroError('not_found', 'there is no nobody');
    return { message: `Hello ${name}` };
  }

  @Handler({ internal: true })
  async secret(): Promise<object> {
    return { known: 'inside' };
  }

  @Handler({ stream: 'client', internal: true })
  async sum(requests: AsyncIterable<{ readonly n: number }>): Promise<object> {
    let sum = 0;
    for await (const { n } of requests) sum += n;
    return { sum };
  }

  @Handler({ stream: 'bidi', internal: true })
  async *double(requests: AsyncIterable<{ readonly n: number }>): AsyncIterable<object> {
    for await (const { n } of requests) yield { n: n * 2 };
  }

  /** What came, as it came. */
  @Handler()
  async echo(request: { readonly n: unknown }, { metadata }: Context): Promise<object> {
    return { request, metadata };
  }

  @Handler()
  async *countdown({ from }: { readonly from: number }): AsyncIterable<{ readonly n: number }> {
    for (let n = from; n > 0; n--) yield { n };
  }
}

/** An app as somebody writes it in another language: plain HTTP, and nothing of ours. */
export interface ForeignApp {
  readonly server: Server;
  readonly port: number;
  /** What it says of itself when it is asked at `/health`. */
  status: number;
  /** Requests that it has served. */
  readonly calls: { readonly endpoint: string; readonly body: string }[];
}

export async function foreignApp(port = 0): Promise<ForeignApp> {
  const calls: ForeignApp['calls'] = [];
  const server = createServer((request, response) => {
    if (request.url === '/health') return void response.writeHead(app.status).end();
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const endpoint = String(request.headers['micro-endpoint']);
      calls.push({ endpoint, body });
      const { name } = JSON.parse(body) as { name: string };
      response.setHeader('Content-Type', 'application/json');
      if (name === 'nobody') {
        const error = {
          id: 'foreign',
          code: 404,
          detail: 'there is no nobody',
          status: 'Not Found',
        };
        response.setHeader('Micro-Error', JSON.stringify(error));
        return void response.end();
      }
      response.end(JSON.stringify({ message: `Hej ${name}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  afterwards(() => (server.closeAllConnections(), server.close()));
  const app = { server, port: (server.address() as AddressInfo).port, status: 200, calls };
  return app;
}

/** Waits until something is so, `timeout` ms at most. */
export async function until(what: string, test: () => unknown, timeout = 10_000): Promise<void> {
  const end = performance.now() + timeout;
  while (!(await test())) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A request with a body of JSON. */
export const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
