import { openServer } from './http-server.test.fixture.ts';
import type { Opened } from './http-server.test.fixture.ts';
import { refuseOrigins } from './origins.ts';
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
