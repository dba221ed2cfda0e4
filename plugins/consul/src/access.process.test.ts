import { certificates, needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'node:https';
import { afterwards, closeAll, sampleNode, until } from '@micro-ts/testing';
import { api, open } from './app.test.fixture.ts';
import consul from './index.ts';

const { authority, serverCert, serverKey, clientCert, clientKey, otherCert } = certificates;

const failure = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('nothing failed'),
    (error: unknown) => error as Error,
  );

const withConsul = needsServer(describe, 'consul', true);

withConsul('a consul with access lists', () => {
  const management = '11111111-2222-4333-8444-555555555555';
  let server: TestServer;
  let manage: ReturnType<typeof api>;
  beforeAll(async () => {
    const acl = {
      enabled: true,
      default_policy: 'deny',
      tokens: { initial_management: management },
    };
    server = await startServer('consul', { args: ({ folder }) => configuredBy(folder, { acl }) });
    manage = api(server.url, { 'x-consul-token': management });
    const tokens = () => manage.get('/v1/acl/tokens').then(() => true);
    await until(() => tokens().catch(() => false));
  });
  afterEach(closeAll);
  afterAll(() => server.close());

  /** A token with these rules. */
  const tokenWith = async (rules: string): Promise<string> => {
    const name = `policy-${Math.random().toString(36).slice(2)}`;
    await manage.put('/v1/acl/policy', { Name: name, Rules: rules });
    const token = await manage.put('/v1/acl/token', { Policies: [{ Name: name }] });
    return (token as { SecretID: string }).SecretID;
  };
  const registryWith = (token?: string) =>
    open(consul({ address: server.url, ...(token !== undefined && { token }) })).registry;

  it('opens to the right token', async () => {
    const rules = 'service_prefix "" { policy = "write" } node_prefix "" { policy = "read" }';
    for (const token of [management, await tokenWith(rules)]) {
      const registry = registryWith(token);
      const node = sampleNode('guarded');
      await registry.register(node, 90_000);
      await until(async () => (await registry.lookup('guarded')).length === 1);
      expect(await registry.list()).toEqual(['guarded']);
      expect(await registry.localAddress()).toMatch(/^[0-9a-f.:]+$/);
      await registry.deregister(node);
    }
  });

  it('opens to a token from the environment', async () => {
    process.env['CONSUL_HTTP_TOKEN'] = management;
    process.env['CONSUL_HTTP_ADDR'] = server.url;
    try {
      const { registry } = open(consul({}));
      const node = sampleNode('guarded');
      await registry.register(node, 90_000);
      await registry.deregister(node);
    } finally {
      delete process.env['CONSUL_HTTP_TOKEN'];
      delete process.env['CONSUL_HTTP_ADDR'];
    }
  });

  it('says that a token is wrong, and not what it is', async () => {
    const wrong = '99999999-2222-4333-8444-555555555555';
    const registry = registryWith(wrong);
    const verbs = [
      () => registry.register(sampleNode('guarded'), 9_000),
      () => registry.lookup('guarded'),
    ];
    for (const verb of verbs) {
      const error = await failure(verb());
      expect(error).toMatchObject({ code: 'unauthenticated', refused: true });
      expect(error.message).toMatch(
        /^consul at 127\.0\.0\.1:\d+ answers 403, which is about consul\.token/,
      );
      expect(JSON.stringify([error.message, error.cause ?? null])).not.toContain(wrong);
    }
  });

  it('says what a token may not do', async () => {
    const registry = registryWith(await tokenWith('service "other" { policy = "write" }'));
    const other = sampleNode('guarded');
    const keeper = registryWith(management);
    await keeper.register(other, 90_000);
    await until(async () => (await keeper.lookup('guarded')).length === 1);
    expect(await failure(registry.register(sampleNode('guarded'), 9_000))).toMatchObject({
      code: 'permission_denied',
      message: expect.stringMatching(/rules of consul\.token/),
    });
    // Consul itself answers an empty list.
    const hidden = { code: 'permission_denied', message: expect.stringMatching(/service:read/) };
    expect(await failure(registry.lookup('guarded'))).toMatchObject(hidden);
    expect(await failure(registry.watch(() => undefined, 'guarded'))).toMatchObject(hidden);
    expect(await registry.lookup('unknown')).toEqual([]);
    expect(await failure(registryWith().register(other, 9_000))).toMatchObject({
      code: 'permission_denied',
    });
    await keeper.deregister(other);
  });
});

withConsul('a consul that speaks TLS', () => {
  let server: TestServer;
  let address: string;
  beforeAll(async () => {
    const own = { ca: authority, cert: clientCert, key: clientKey };
    server = await startServer('consul', {
      args: ({ folder, ports: [port] }) => {
        const file = (name: string, text: string): string => {
          writeFileSync(join(folder, name), text);
          return join(folder, name);
        };
        const files = {
          ca_file: file('ca.pem', authority),
          cert_file: file('cert.pem', serverCert),
          key_file: file('key.pem', serverKey),
        };
        const tls = { https: { ...files, verify_incoming: true } };
        const ports = ['-http-port', '-1', '-https-port', `${port}`];
        return [...ports, ...configuredBy(folder, { tls })];
      },
      ready: (port) =>
        new Promise((resolve) => {
          const to = { host: '127.0.0.1', port, path: '/v1/status/leader', timeout: 1_000 };
          const asked = request({ ...to, ...own }, (answer) => {
            answer.on('data', (text) => resolve(String(text).includes(':')));
            answer.on('close', () => resolve(false));
          });
          asked.on('timeout', () => asked.destroy());
          asked.on('error', () => resolve(false)).end();
        }),
    });
    address = `127.0.0.1:${server.port}`;
  });
  afterEach(closeAll);
  afterAll(() => server.close());
  const tls = { ca: authority, cert: clientCert, key: clientKey };

  it('is spoken to', async () => {
    for (const where of [address, `https://${address}`]) {
      const { registry } = open(consul({ address: where, tls }));
      const node = sampleNode('sealed');
      await registry.register(node, 90_000);
      await until(async () => (await registry.lookup('sealed')).length === 1);
      let told = 1;
      const watch = await registry.watch((changed) => {
        told = changed.get('sealed')?.length ?? told;
      });
      await registry.deregister(node);
      await until(() => told === 0);
      await watch.close();
    }
  });

  it('is spoken to with the certificates of the environment', async () => {
    const environment = {
      CONSUL_HTTP_ADDR: address,
      CONSUL_HTTP_SSL: 'true',
      CONSUL_CACERT: tls.ca,
      CONSUL_CLIENT_CERT: tls.cert,
      CONSUL_CLIENT_KEY: tls.key,
    };
    Object.assign(process.env, environment);
    afterwards(() => {
      for (const name of Object.keys(environment)) delete process.env[name];
    });
    expect(await open(consul({})).registry.list()).not.toContain('consul');
  });

  it('is not believed without its authority, nor by another name', async () => {
    const failed = (how: Partial<typeof tls> & { servername?: string }): Promise<Error> =>
      failure(open(consul({ address, tls: how })).registry.list());
    for (const how of [{}, { ...tls, ca: otherCert }]) {
      const error = await failed(how);
      expect(error).toMatchObject({ code: 'unavailable', refused: true });
      expect(error.message).toMatch(/TLS failed \(.*\): check consul\.address and consul\.tls\.ca/);
    }
    const other = await failed({ ...tls, servername: 'elsewhere.test' });
    expect(other.message).toMatch(/check consul\.tls\.servername/);
    const { ca } = tls;
    const nobody = await failed({ ca });
    expect(nobody).toMatchObject({ code: 'unavailable' });
    expect(nobody.message).toMatch(/consul\.tls\.cert/);
  });
});

/** Arguments for what only a file can say. */
function configuredBy(folder: string, settings: object): readonly string[] {
  const file = join(folder, 'settings.json');
  writeFileSync(file, JSON.stringify(settings));
  return ['-config-file', file];
}
