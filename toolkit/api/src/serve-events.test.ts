import { until } from '@micro-ts/testing';
import { openWorld } from './world.test.fixture.ts';
import type { World } from './world.test.fixture.ts';

const credentials = {
  authorization: 'Bearer s3cret-1',
  cookie: 'session=s3cret-2',
  'proxy-authorization': 'Basic s3cret-3',
  'x-api-key': 's3cret-4',
  'X-Auth-Token': 's3cret-5',
  x_api_key: 's3cret-6',
  'cf-access-jwt-assertion': 's3cret-7',
};

let world: World;
afterEach(() => world.close());

it('gives subscribers what a request says, and nothing that lets somebody in', async () => {
  world = await openWorld({ handler: 'event', headers: ['*'] });
  const got: { event: unknown; metadata: unknown }[] = [];
  await world.app.subscribe('user', async (event, { metadata }) => {
    got.push({ event, metadata });
  });
  const headers = { ...credentials, 'x-tenant': 'acme', 'content-type': 'application/json' };
  const posted = await fetch(`${world.url}/user/login`, { method: 'POST', headers, body: '{}' });
  expect(posted.status).toBe(200);
  await until(() => got.length === 1);
  expect(got[0]?.metadata).toMatchObject({ 'x-tenant': 'acme' });
  expect(got[0]?.event).toMatchObject({
    header: {
      'X-Tenant': { key: 'X-Tenant', values: ['acme'] },
      'Content-Type': { key: 'Content-Type', values: ['application/json'] },
    },
  });
  expect(JSON.stringify(got)).not.toContain('s3cret');
});

it.each(['HEAD', 'PUT', 'PATCH', 'DELETE'])('publishes nothing for %s', async (method) => {
  world = await openWorld({ handler: 'event' });
  const response = await fetch(`${world.url}/user/login`, { method });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
});

it('says who published where the gateway knows it, and not by which key', async () => {
  const key = 'a-key-of-more-than-sixteen-characters';
  world = await openWorld({ handler: 'event', access: { keys: [{ name: 'shop', key }] } });
  const got: unknown[] = [];
  await world.app.subscribe('user', async (event, { metadata }) => {
    got.push({ event, metadata });
  });
  const headers = { 'x-api-key': key, authorization: 'Basic s3cret' };
  await fetch(`${world.url}/user/login`, { method: 'POST', headers, body: '{}' });
  await until(() => got.length === 1);
  expect(got[0]).toMatchObject({ metadata: { 'x-user': 'shop' } });
  expect(JSON.stringify(got)).not.toMatch(/s3cret|a-key-of/);
});
