// What the sidecar's server does with peers that mean no good, or do badly, on real sockets.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Handler, Service } from 'micro-ts';
import { Greeter, openApp, openSidecar, until, world } from './world.test.fixture.ts';

const portOf = (url: string): number => Number(new URL(url).port);

/** A connection of its own, and all that came over it. */
interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  readonly closed: Promise<void>;
}

function open(url: string, bytes: string): Client {
  let text = '';
  const socket = connect(portOf(url), '127.0.0.1', () => socket.write(bytes));
  socket.on('data', (chunk) => (text += String(chunk))).on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, closed, text: () => text };
}

const head = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

async function talk(url: string, bytes: string): Promise<string> {
  const client = open(url, bytes);
  await client.closed;
  return client.text();
}

describe('bytes of a peer', () => {
  it.each([
    ['that are no HTTP', 'HELO\r\n\r\n', 400],
    ['of too large a head', head('/', `X-A: ${'x'.repeat(5_000)}\r\n`), 431],
    ['that do not end', 'GET / HTTP/1.1\r\nHost: lo', 408],
  ])('%s are a problem', async (_what, bytes, status) => {
    const { url } = await openSidecar(world(), { headerLimit: 4_096, uploadTimeout: 500 });
    const text = await talk(url, bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toContain('application/problem+json');
  });

  it.each([
    ['/registry', 'GET, POST, DELETE'],
    ['/broker', 'GET, POST'],
    ['/rpc', 'POST'],
    ['/health', 'GET, HEAD'],
    ['/stats', 'GET'],
    ['/metrics', 'GET'],
  ])('that no method of %s has are told those that it has', async (path, allow) => {
    const { url } = await openSidecar(world());
    for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (allow.split(', ').includes(method)) continue;
      const answer = await fetch(url + path, { method });
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, allow]);
    }
    if (allow.includes('HEAD')) expect((await fetch(url + path, { method: 'HEAD' })).ok).toBe(true);
  });

  it('that nobody answers to are an error as all others are', async () => {
    const { url } = await openSidecar(world());
    for (const [path, method, code] of [
      ['/nothing', 'OPTIONS', 404],
      ['/a%ZZ', 'GET', 400],
    ] as const) {
      const answer = await fetch(`${url}${path}`, { method });
      expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
      expect(await answer.json()).toMatchObject({ id: 'micro.edge', code });
    }
  });

  it('do not come, and the answer is dropped with the connection', async () => {
    const config = world();
    await openApp(config, new Greeter());
    const { url } = await openSidecar(config, { unreadTimeout: 300 });
    const body = JSON.stringify({ n: 'x'.repeat(3_000_000) });
    const request = `POST /greeter/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const { socket, closed } = open(url, request.repeat(8));
    let gone = false;
    socket.pause().once('error', () => (gone = true));
    // A socket that is not read hears of its end when it writes.
    const knock = setInterval(() => socket.write(' '), 50);
    void closed.then(() => (gone = true));
    await until('the connection is cut', () => gone);
    clearInterval(knock);
    expect(socket.bytesRead).toBeLessThan(8 * body.length);
  });
});

/** A call that ends when it is told to. */
@Service('slow')
class Slow {
  readonly #ends: (() => void)[] = [];

  get running(): number {
    return this.#ends.length;
  }

  @Handler()
  async call(): Promise<{ readonly ok: true }> {
    await new Promise<void>((resolve) => this.#ends.push(resolve));
    return { ok: true };
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

describe('the end of a sidecar', () => {
  const call = head('/slow/call');

  it('lets what runs finish, and what comes behind it be the last of its connection', async () => {
    const config = world();
    const slow = new Slow();
    await openApp(config, slow);
    const { sidecar, url } = await openSidecar(config);
    const { socket, closed, text } = open(url, call);
    await until('a call runs', () => slow.running === 1);
    const closing = sidecar.close();
    await until('nobody else gets in', () =>
      fetch(`${url}/health`).then(
        () => false,
        () => true,
      ),
    );
    socket.write(call);
    await until('the next one runs', () => slow.running === 2);
    slow.end();
    await closed;
    expect(text().match(/HTTP\/1.1 200 /g)).toHaveLength(2);
    expect(text().match(/^connection: close\r$/gim)).toHaveLength(1);
    await closing;
  });

  it('waits for nobody longer than the drain', async () => {
    const config = world();
    const slow = new Slow();
    await openApp(config, slow);
    const { sidecar, url } = await openSidecar(config, { drain: 300 });
    const clients = [open(url, call), open(url, 'GET / HTTP/1.1\r\nHost: lo')];
    await until('a call runs', () => slow.running === 1);
    await sidecar.close();
    await Promise.all(clients.map((client) => client.closed));
    expect(clients.map((client) => client.text())).toEqual(['', '']);
    slow.end();
  });
});

const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const everywhere: readonly [string, string] = [':0', 'http://localhost:'];
const onLoopback: readonly [string, string] = ['[::1]:0', 'http://[::1]:'];

it.each(hasIPv6 ? [everywhere, onLoopback] : [everywhere])(
  'listens at %s, and says what to call',
  async (address, shown) => {
    const { sidecar } = await openSidecar(world(), { address });
    expect(sidecar.lines[0]).toBe(`sidecar listens on ${sidecar.url}`);
    expect(sidecar.url.startsWith(shown)).toBe(true);
    const { token = '' } = sidecar;
    const answer = await fetch(`${sidecar.url}/health`, { headers: { 'x-micro-token': token } });
    expect(answer.status).toBe(200);
  },
);
