import { openServer } from './http-server.test.fixture.ts';
import type { Opened } from './http-server.test.fixture.ts';
import { isOrigin, refuseOrigins } from './origins.ts';
import type { OriginRule } from './origins.ts';

const open = (rule: OriginRule): Promise<Opened> =>
  openServer({}, (fastify) => {
    refuseOrigins(fastify, rule);
    fastify.get('/', async () => 'ok');
  });

/** Status of an answer to what a browser says. */
const ask = async ({ fastify }: Opened, headers: Record<string, string>): Promise<number> => {
  const answer = await fastify.inject({
    url: '/',
    headers: { host: 'me.example:8080', ...headers },
  });
  return answer.statusCode;
};

it('refuses pages of others, and nobody else', async () => {
  const server = await open({ origins: ['https://Shop.example'] });
  expect(await ask(server, {})).toBe(200);
  for (const origin of ['https://shop.example', 'http://me.example:8080'])
    expect(await ask(server, { origin })).toBe(200);
  for (const origin of [
    'null',
    'http://shop.example',
    'https://me.example:8080',
    'http://me.example',
  ])
    expect(await ask(server, { origin })).toBe(403);
  const anybody = await open({ origins: ['*'] });
  expect(await ask(anybody, { origin: 'https://evil.example' })).toBe(200);
});

it.each([
  ['an image', { 'sec-fetch-dest': 'image' }, 403, 403],
  ['a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-user': '?1' }, 403, 403],
  ['a page that a script opens', { 'sec-fetch-dest': 'document' }, 403, 403],
  ['a link', { 'sec-fetch-dest': 'document', 'sec-fetch-user': '?1' }, 200, 403],
])('%s of another site', async (_what, headers, visits, none) => {
  const site = { 'sec-fetch-site': 'cross-site', ...headers };
  expect(await ask(await open({ origins: [] }), site)).toBe(visits);
  expect(await ask(await open({ origins: [], visits: false }), site)).toBe(none);
  const own = { ...site, 'sec-fetch-site': 'same-origin' };
  expect(await ask(await open({ origins: [], visits: false }), own)).toBe(200);
});

it('takes a form that posts for a page that calls', async () => {
  const form = { 'sec-fetch-dest': 'document', 'sec-fetch-user': '?1' };
  const said = { ...form, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
  expect(await ask(await open({ origins: [] }), said)).toBe(403);
});

it.each([
  ['https://shop.example', true],
  ['HTTPS://Shop.example:8443', true],
  ['http://[::1]:3000', true],
  ['capacitor://localhost', true],
  ['https://shop.example/', false],
  ['https://shop.example?', false],
  ['https://shop.example:443', false],
  ['https://*.shop.example', false],
  ['https://me@shop.example', false],
  ['https://sh\u00f6p.example', false],
  [' https://shop.example', false],
  ['shop.example', false],
  ['shop.example:80', false],
  ['//shop.example', false],
  ['file://', false],
  ['null', false],
  ['', false],
])('%j is an origin: %j', (text, is) => {
  expect(isOrigin(text)).toBe(is);
});

it('knows as an origin what a browser would have to say for it to be let in', async () => {
  const origin = 'https://shop.example';
  for (const text of [origin, 'https://Shop.example', `${origin}/`, `${origin}:443`])
    expect(await ask(await open({ origins: [text] }), { origin })).toBe(isOrigin(text) ? 200 : 403);
});
