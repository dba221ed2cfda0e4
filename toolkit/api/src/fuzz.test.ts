import fc from 'fast-check';
import { openWorld } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({
    rpc: true,
    mounts: [
      { path: '/web', handler: 'proxy' },
      { path: '/api', handler: 'api' },
      { path: '/events', handler: 'event' },
    ],
  });
});
afterAll(() => world.close());

const piece = fc.oneof(
  fc.constantFrom(
    'greeter',
    'hello',
    'Greeter.Hello',
    'echo',
    'greet',
    'v1',
    'web',
    'api',
    'events',
  ),
  fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '%00',
    '%',
    '%zz',
    '__proto__',
    'constructor',
    '*',
    ':',
  ),
  fc.stringMatching(/^[!-~]{0,12}$/),
);
const target = fc
  .tuple(fc.array(piece, { maxLength: 6 }), fc.option(fc.stringMatching(/^[!-~]{0,40}$/)))
  .map(([pieces, query]) => `/${pieces.join('/')}${query === null ? '' : `?${query}`}`)
  .filter((path) => !/[\s#]/.test(path));
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS');
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc.stringMatching(/^[{}[\]":,0-9a-z\\]{0,60}$/),
  fc
    .record({
      service: fc.constantFrom<unknown>('greeter', 'nobody', 7, null, {}, '__proto__'),
      method: fc.constantFrom<unknown>('Greeter.Hello', 'Greeter.Echo', 'Debug.Health', [], 'x'),
      request: fc.anything(),
      address: fc.constantFrom(undefined, '127.0.0.1:1', ''),
    })
    .map((value) =>
      JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? 1 : each)),
    ),
);
const type = fc.constantFrom(
  ...['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'x', 'a/b; c="'],
);

async function ask(verb: string, path: string, contentType: string, text: string): Promise<number> {
  const bytes = Buffer.from(text);
  const head = `${verb} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
  const length = `Content-Type: ${contentType}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  const answer = await world.raw(head + length + bytes.toString('latin1'));
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

/** What a client can ask for wrongly is its own fault; 501 is an endpoint that takes a stream. */
const fair = (status: number): boolean => (status >= 200 && status < 500) || status === 501;

it('answers whatever path it is asked for', async () => {
  await fc.assert(
    fc.asyncProperty(method, target, async (verb, path) => {
      fc.pre(!path.includes('sleep'));
      const status = await ask(verb, path, 'application/json', '');
      if (!fair(status)) throw new Error(`${verb} ${path}: ${status}`);
    }),
    { numRuns: 400 },
  );
}, 60_000);

it('answers whatever it is sent', async () => {
  const path = fc.constantFrom(
    '/rpc',
    '/greeter/echo',
    '/greet/Ann',
    '/api/greeter/echo',
    '/events/a',
  );
  await fc.assert(
    fc.asyncProperty(path, type, body, async (to, contentType, text) => {
      const status = await ask('POST', to, contentType, text);
      if (!fair(status)) throw new Error(`${to} ${contentType} ${text}: ${status}`);
    }),
    { numRuns: 400 },
  );
}, 60_000);
