import { isHostName, refuseHosts } from './hosts.ts';
import type { HostRule } from './hosts.ts';
import { openServer, talk } from './http-server.test.fixture.ts';

const names = ['Shop.example'];
const rules = {
  named: { names },
  loopback: { names, loopback: true },
  addresses: { names, loopback: true, addresses: true },
  any: { names: ['*'] },
} satisfies Record<string, HostRule>;

/** Status of an answer to a request with these lines in its head. */
async function ask(rule: HostRule, lines: string, version = '1.1'): Promise<number> {
  const { port } = await openServer({}, (fastify) => {
    refuseHosts(fastify, rule);
    fastify.get('/', async () => 'ok');
  });
  const text = await talk(port, `GET / HTTP/${version}\r\n${lines}Connection: close\r\n\r\n`);
  return Number(text.slice(9, 12));
}

it.each<[host: string, of: (keyof typeof rules)[]]>([
  ['shop.example', ['named', 'loopback', 'addresses', 'any']],
  ['SHOP.example:8080', ['named', 'loopback', 'addresses', 'any']],
  ['shop.example.evil.example', ['any']],
  ['localhost:8080', ['loopback', 'addresses', 'any']],
  ['[::1]:8080', ['loopback', 'addresses', 'any']],
  ['127.0.0.1', ['loopback', 'addresses', 'any']],
  ['10.0.0.5:8080', ['addresses', 'any']],
  ['[2001:db8::5]:8080', ['addresses', 'any']],
  ['10.0.0.5.evil.example', ['any']],
  ['', ['addresses', 'any']],
])('%j is known to %j', async (host, known) => {
  for (const [name, rule] of Object.entries(rules))
    expect([name, await ask(rule, `Host: ${host}\r\n`)]).toEqual([
      name,
      known.some((each) => each === name) ? 200 : 403,
    ]);
});

it('lets clients of HTTP/1.0 say none where addresses are its own', async () => {
  expect(await ask(rules.addresses, '', '1.0')).toBe(200);
  expect(await ask(rules.loopback, '', '1.0')).toBe(403);
});

it('refuses two Hosts, of which one may be right', async () => {
  expect(await ask(rules.any, 'Host: shop.example\r\nhost: evil.example\r\n')).toBe(400);
});

it.each([
  ['shop.example', true],
  ['Shop_1.example.', true],
  ['box', true],
  ['7up', true],
  ['xn--bcher-kva.example', true],
  ['10.0.0.5', true],
  ['2001:db8::5', true],
  ['[2001:db8::5]', false],
  ['box.example:8081', false],
  ['https://shop.example', false],
  ['shop.example/', false],
  ['*.shop.example', false],
  ['.shop.example', false],
  ['shop..example', false],
  ['10.0.0.500', false],
  ['8081', false],
  ['a b', false],
  ['*', false],
  ['', false],
])('%j is the name of a host: %j', (text, is) => {
  expect(isHostName(text)).toBe(is);
});

it.each([
  ['2001:db8::5', '[2001:db8::5]:8080', 200],
  ['[2001:db8::5]', '[2001:db8::5]:8080', 403],
  ['shop.example:8080', 'shop.example:8080', 403],
])('of %s, a request for %s is answered %d: a name that can be known is one', async (...each) => {
  const [name, host, status] = each;
  expect(await ask({ names: [name] }, `Host: ${host}\r\n`)).toBe(status);
  expect(isHostName(name)).toBe(status === 200);
});
