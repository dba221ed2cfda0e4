import { fastify } from 'fastify';
import { directoryOf, endpoint } from './directory.test.fixture.ts';
import { serveOpenApi } from './index.ts';

let current = directoryOf({ greeter: [endpoint('Greeter.Hello')] });
const directory = {
  get version() {
    return current.version;
  },
  services: () => current.services(),
};
const server = fastify({ exposeHeadRoutes: false });
let url: string;
beforeAll(async () => {
  await server.register(serveOpenApi, { directory, options: { title: 'Shop' } });
  url = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server.close());

/** Reads the answer to its end, without which the server would wait for it. */
async function get(from: string | URL, options?: RequestInit): Promise<Response> {
  const response = await fetch(from, options);
  const bytes = await response.arrayBuffer();
  const { status, headers } = response;
  return new Response(status === 304 ? null : bytes, { status, headers });
}

describe('/openapi.json', () => {
  it('is of this moment, and told only to those who do not know it', async () => {
    const first = await fetch(`${url}/openapi.json`);
    expect(first.headers.get('content-type')).toMatch(/^application\/vnd\.oai\.openapi\+json/);
    const etag = first.headers.get('etag') ?? '';
    expect(await first.json()).toMatchObject({ openapi: '3.1.1', info: { title: 'Shop' } });
    const ask = (tag: string) => get(`${url}/openapi.json`, { headers: { 'if-none-match': tag } });
    expect((await ask(etag)).status).toBe(304);
    expect((await ask(`"x", W/${etag}`)).status).toBe(304);
    expect((await ask('"x"')).status).toBe(200);

    current = directoryOf({ greeter: [endpoint('Greeter.Bye')] }, 2);
    const second = await ask(etag);
    expect(second.status).toBe(200);
    expect(await second.text()).toContain('/greeter/bye');
  });

  it('keeps its tag where a change changed nothing of it', async () => {
    const before = (await get(`${url}/openapi.json`)).headers.get('etag');
    current = { ...current, version: 3 };
    expect((await get(`${url}/openapi.json`)).headers.get('etag')).toBe(before);
  });
});

describe('/docs', () => {
  it.each(['/docs/', '/docs/start.js', '/docs/swagger-ui.css', '/openapi.json'])(
    'can be asked for the head of %s',
    async (path) => {
      const { status, headers } = await get(url + path, { method: 'HEAD' });
      expect([status, Number(headers.get('content-length')) > 0]).toEqual([200, true]);
    },
  );

  it('leads to the page', async () => {
    const response = await get(`${url}/docs`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'docs/']);
  });

  it('names only what is served here, with a policy that allows no more', async () => {
    const page = await fetch(`${url}/docs/`);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await page.text();
    expect(html).not.toMatch(/<script(?! src)|<style|\son\w+=|https?:/);
    const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(named).toHaveLength(4);
    for (const name of [...named, 'LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt']) {
      const { status, headers } = await get(new URL(name, `${url}/docs/`));
      expect([name, status]).toEqual([name, 200]);
      if (/\.js$/.test(name)) expect(headers.get('content-type')).toMatch(/javascript/);
      if (/\.css$/.test(name)) expect(headers.get('content-type')).toMatch(/css/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    const start = await (await fetch(`${url}/docs/start.js`)).text();
    const document = /url: '([^']+)'/.exec(start)?.[1] ?? '';
    expect((await get(new URL(document, `${url}/docs/`))).status).toBe(200);
  });

  it.each([
    'package.json',
    'index.js',
    'swagger-initializer.js',
    '../openapi/x',
    '%2e%2e/package.json',
  ])('has nothing else of that package: %s', async (name) => {
    expect((await get(`${url}/docs/${name}`)).status).toBe(404);
  });
});
