import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import memory from '@micro-ts/memory';
import { until } from '@micro-ts/testing';
import { createApp, Handler, Service } from 'micro-ts';
import type { Config, Context } from 'micro-ts';
import WebSocket from 'ws';
import { createGateway } from './gateway.ts';
import type { ApiOptions } from './options.ts';

@Service('clock')
class Clock {
  @Handler()
  async *tick(_request: object, { signal }: Context): AsyncIterable<{ n: number }> {
    for (let n = 1; !signal.aborted; n++) {
      yield { n };
      await pause(60_000, undefined, { signal }).catch(() => undefined);
    }
  }
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A gateway before a service that is called over real connections. */
async function open(options: ApiOptions, config: Config = {}): Promise<string> {
  const all = memory();
  const own: Config = { registry: all, transport: ['http', all], broker: all, log: 'silent' };
  const app = await createApp({ ...own, grace: 0, ...config }, [Clock]);
  closing.push(() => app.close());
  const quick = { address: '127.0.0.1:0', grace: 0, drain: 500 };
  const gateway = await createGateway({ ...quick, ...options }, { ...own, grace: 0 });
  closing.push(() => gateway.close());
  await until(async () => (await fetch(`${gateway.url}/ready`)).status === 200);
  return gateway.url;
}

/** A stream that runs, or what was answered instead. */
async function stream(url: string, from = '203.0.113.1'): Promise<[number, () => void, string]> {
  const controller = new AbortController();
  const headers = { 'x-forwarded-for': from };
  const response = await fetch(`${url}/clock/tick`, { headers, signal: controller.signal });
  const leave = (): void => controller.abort();
  const streams = response.headers.get('content-type') === 'application/x-ndjson';
  return [response.status, leave, streams ? '' : await response.text()];
}

it('answers 429 to a stream too many for the service, and serves the next one when there is room', async () => {
  const url = await open({}, { limits: { callsPerConnection: 2 } });
  const [first, second] = [await stream(url), await stream(url)];
  expect([first[0], second[0]]).toEqual([200, 200]);
  const [status, , problem] = await stream(url);
  expect(status).toBe(429);
  expect(JSON.parse(problem)).toMatchObject({
    code: 'resource_exhausted',
    detail: '2 calls are under way on this connection',
  });
  first[1]();
  await until(async () => (await stream(url))[0] === 200);
});

it('gives each client behind a trusted proxy its share of streams', async () => {
  const url = await open({ socketsPerClient: 2, trustedProxies: ['127.0.0.1'] });
  const [first] = [await stream(url), await stream(url)];
  const [status, , problem] = await stream(url);
  expect([status, JSON.parse(problem).code]).toEqual([429, 'resource_exhausted']);
  expect((await stream(url, '203.0.113.2'))[0]).toBe(200);
  // IPv6 addresses cost nothing: a network is one client.
  for (const host of ['1', '2']) expect((await stream(url, `2001:db8::${host}`))[0]).toBe(200);
  expect((await stream(url, '2001:db8::3'))[0]).toBe(429);
  first[1]();
  await until(async () => (await stream(url))[0] === 200);
});

it('counts web sockets too, and lets one client have any number if told so', async () => {
  const connect = async (url: string): Promise<number> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/clock/tick`);
    closing.push(() => socket.terminate());
    const refused = once(socket, 'unexpected-response').then(([, response]) => response.statusCode);
    return Promise.race([once(socket, 'open').then(() => 101), refused]) as Promise<number>;
  };
  const one = await open({ socketsPerClient: 1 });
  expect([await connect(one), await connect(one)]).toEqual([101, 429]);
  const any = await open({ socketsPerClient: 0 });
  expect([await connect(any), await connect(any)]).toEqual([101, 101]);
});
