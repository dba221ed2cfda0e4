// etcd with users.
import { needsServer, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { closeAll, sampleNode, until } from '@micro-ts/testing';
import { openClient, openRegistry } from './opened.test.fixture.ts';
import { rejection, Told } from './opened.test.fixture.ts';

const password = 'hunter2-secret';

needsServer(
  describe,
  'etcd',
  true,
)('etcd with users', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer('etcd');
    const client = openClient(server.url);
    const { auth } = client;
    const add = async (name: string, role: string): Promise<void> => {
      await auth.userAdd({ name, password });
      await auth.roleAdd({ name: role }).catch(() => undefined);
      await auth.userGrantRole({ user: name, role });
    };
    await add('root', 'root');
    await add('registrar', 'registry');
    const [key, range_end] = ['/micro/registry/', '/micro/registry0'].map((text) =>
      Buffer.from(text),
    );
    if (key === undefined || range_end === undefined) return;
    await auth.roleGrantPermission({
      name: 'registry',
      perm: { permType: 'Readwrite', key, range_end },
    });
    await add('nobody', 'nothing');
    await auth.authEnable();
    await closeAll();
  });
  afterEach(async () => {
    delete process.env['ETCD_USERNAME'];
    delete process.env['ETCD_PASSWORD'];
    await closeAll();
  });
  afterAll(() => server.close());

  const works = async ({ registry }: ReturnType<typeof openRegistry>): Promise<void> => {
    const told = new Told();
    await registry.watch(told.listener);
    const node = sampleNode('greeter');
    await registry.register(node, 30_000);
    await registry.register(node, 30_000);
    expect(await registry.lookup('greeter')).toEqual([node]);
    await until(() => told.ids('greeter').length === 1);
    await registry.deregister(node);
    expect(await registry.list()).toEqual([]);
  };

  it('takes the user of the options, with no rights but on the prefix', () =>
    works(openRegistry({ addresses: server.url, username: 'registrar', password })));

  it('takes the user of the environment', async () => {
    process.env['ETCD_USERNAME'] = 'registrar';
    process.env['ETCD_PASSWORD'] = password;
    await works(openRegistry({ addresses: server.url }));
  });

  it.each([
    ['a wrong password', { username: 'registrar', password: `${password}x` }],
    ['an unknown user', { username: 'who', password }],
    ['no user', {}],
  ])('refuses %s as unauthenticated, and says what to change', async (_name, user) => {
    const { registry } = openRegistry({ addresses: server.url, ...user });
    for (let round = 0; round < 2; round += 1) {
      const error = await rejection(registry.lookup('greeter'));
      expect(error.code).toBe('unauthenticated');
      expect(error.message).toContain(`127.0.0.1:${server.port}`);
      expect(error.message).toMatch(/etcd\.username and etcd\.password/);
      expect(error.message).not.toContain(password);
    }
  });

  it('refuses a user without rights as permission_denied', async () => {
    const opened = openRegistry({ addresses: server.url, username: 'nobody', password });
    const error = await rejection(opened.registry.lookup('greeter'));
    expect(error.code).toBe('permission_denied');
    expect(error.message).toMatch(/127\.0\.0\.1:\d+ .* below etcd\.prefix/);
    expect((await rejection(opened.registry.watch(() => undefined))).code).toBe(
      'permission_denied',
    );
  });

  it('may forget a token: the verb gets another', async () => {
    const root = openClient(server.url, { auth: { username: 'root', password } });
    const opened = openRegistry({ addresses: server.url, username: 'registrar', password });
    const node = sampleNode('greeter');
    await opened.registry.register(node, 30_000);
    // All tokens of a user go with its password.
    await root.auth.userChangePassword({ name: 'registrar', password });
    await opened.registry.register(node, 30_000);
    expect(await opened.registry.lookup('greeter')).toEqual([node]);
    await root.auth.userChangePassword({ name: 'registrar', password });
    const lookups = Array.from({ length: 20 }, () => opened.registry.lookup('greeter'));
    expect(await Promise.all(lookups)).toEqual(lookups.map(() => [node]));
    await root.auth.userChangePassword({ name: 'registrar', password });
    const told = new Told();
    await opened.registry.watch(told.listener, 'greeter');
    await opened.registry.deregister(node);
    await until(() => told.ids('greeter').length === 0);
  });
});

needsServer(
  describe,
  'etcd',
  true,
)('etcd without users', () => {
  it('takes those who have one all the same, as it does from Go', async () => {
    const server = await startServer('etcd');
    try {
      const opened = openRegistry({ addresses: server.url, username: 'root', password });
      expect(await opened.registry.list()).toEqual([]);
    } finally {
      await closeAll();
      await server.close();
    }
  });
});
