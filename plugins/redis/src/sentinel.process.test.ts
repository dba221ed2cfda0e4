import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterwards, closeAll } from '@micro-ts/testing';
import { needsServer, startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { event, openApp } from './broker-apps.test.fixture.ts';
import { startSentinel } from './sentinel.test.fixture.ts';
import type { TestSentinel } from './sentinel.test.fixture.ts';

type Options = NonNullable<Parameters<typeof openApp>[0]>;

needsServer(
  describe,
  'redis',
  true,
)('the way to redis through sentinels', () => {
  const dataSecret = 'data-secret';
  const secret = 'watch-secret';
  let master: TestServer;
  let sentinel: TestSentinel;
  beforeAll(async () => {
    master = await startServer('redis', { args: () => ['--requirepass', dataSecret] });
    sentinel = await startSentinel(master, secret, [`sentinel auth-pass shop ${dataSecret}`]);
  });
  afterEach(closeAll);
  afterAll(async () => {
    await sentinel.close();
    await master.close();
  });
  const good = () => ({ name: 'shop', addresses: [sentinel.address], password: secret });
  const failure = (given: Partial<Options['sentinel']>, more: Options = {}): Promise<unknown> => {
    const options = { password: dataSecret, sentinel: { ...good(), ...given }, ...more };
    const app = openApp(options, { handshake: 1_500 });
    afterwards(() => app.close());
    return app.broker.publish('sentinel', event('x')).catch((error: unknown) => error);
  };

  it('is found with the password as an option, and in the address', async () => {
    expect(await failure({})).toBeUndefined();
    const addresses = [`redis://:${secret}@${sentinel.address}`];
    expect(await failure({ addresses, password: undefined })).toBeUndefined();
  });

  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    ['name', () => failure({ name: 'shp' }), 'failed_precondition', /redis\.sentinel\.name/],
    [
      'name, with another sentinel away',
      () => failure({ name: 'shp', addresses: [sentinel.address, '127.0.0.1:1'] }),
      'failed_precondition',
      /redis\.sentinel\.name/,
    ],
    [
      'password of the sentinels',
      () => failure({ password: 'wrong-secret' }),
      'unauthenticated',
      /redis\.sentinel\.username and redis\.sentinel\.password/,
    ],
    [
      'lack of a password of the sentinels',
      () => failure({ password: undefined }),
      'unauthenticated',
      /redis\.sentinel\.username and redis\.sentinel\.password/,
    ],
    [
      'password of the server',
      () => failure({}, { password: 'wrong-secret' }),
      'unauthenticated',
      /redis\.username and redis\.password/,
    ],
    [
      'address',
      () => failure({ addresses: ['127.0.0.1:1'] }),
      'unavailable',
      /sentinel\.addresses/,
    ],
  ])('a wrong %s is told with the option to change', async (_name, fail, code, text) => {
    const error = await fail();
    expect(error).toMatchObject({ code, refused: true });
    expect((error as Error).message).toMatch(text);
    expect((error as Error).message).not.toContain('secret');
  });

  it('hands no secret to a plain socket where an address says rediss://', async () => {
    let heard = '';
    const plain = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          heard += bytes.toString('latin1');
          socket.destroy();
        });
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    afterwards(() => plain.close());
    const { port } = plain.address() as AddressInfo;
    const error = await failure({ addresses: [`rediss://127.0.0.1:${port}`] });
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(heard).not.toBe('');
    expect(heard).not.toMatch(/secret|AUTH/i);
  });

  it('speaks TLS to the server too where the address of a sentinel says rediss://', async () => {
    const addresses = [`rediss://${sentinel.address}`];
    const error = await failure({ addresses });
    expect((error as Error).message).toMatch(/TLS/);
  });

  it('leads to the address that natMap gives for the one of the sentinel', async () => {
    const proxy = await startFaultProxy(master.port);
    afterwards(() => proxy.close());
    const natMap = { [`127.0.0.1:${master.port}`]: `127.0.0.1:${proxy.port}` };
    expect(await failure({}, { natMap })).toBeUndefined();
    await proxy.shut();
    const error = await failure({}, { natMap });
    expect(error).toMatchObject({ code: 'unavailable', refused: true });
  });
});
