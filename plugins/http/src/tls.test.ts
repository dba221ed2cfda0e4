import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, metadata, type MicroError } from '@micro-ts/interface';
import type { CallMessage, Connection, Exchange } from '@micro-ts/interface';
import { certificates } from '@micro-ts/testing/servers';
import { until } from '@micro-ts/testing';
import { afterwards, call, closeAll, connectTo, greet, json } from './app.test.fixture.ts';
import { listen, newRegistry, open, plain, surroundings } from './app.test.fixture.ts';
import type { Options } from './app.test.fixture.ts';
import { http } from './index.ts';

afterEach(closeAll);

const { authority, serverCert, serverKey, clientCert, clientKey, otherCert, otherKey } =
  certificates;
const server = { cert: serverCert, key: serverKey };
const trusting: Options = { tls: { ca: authority } };

async function refusal(work: Promise<Connection>, message: CallMessage): Promise<MicroError> {
  try {
    await (await work).exchange(message);
  } catch (error) {
    return error as MicroError;
  }
  throw new Error('it was answered');
}

describe.each([
  ['frames', true],
  ['plain HTTP', false],
])('TLS under %s', (_name, frames) => {
  it('carries calls of those who trust the authority', async () => {
    const listener = await listen(greet, { frames, tls: server });
    expect(listener.metadata['secure']).toBe('true');
    const connection = await connectTo(listener, trusting);
    const answers = Array.from({ length: 20 }, () => connection.exchange(call({ name: 'Ann' })));
    for (const answer of await Promise.all(answers)) {
      expect(json(answer)).toEqual({ message: 'Hello Ann' });
    }
    const { address, port } = listener;
    for (const byHand of [address, `https://localhost:${port}`]) {
      const other = await connectTo({ address: byHand }, trusting);
      expect(json(await other.exchange(call({ name: 'Ann' })))).toEqual({ message: 'Hello Ann' });
    }
    const careless = await connectTo(listener, { tls: { insecure: true } });
    expect(json(await careless.exchange(call({ name: 'Ann' })))).toEqual({ message: 'Hello Ann' });
  });

  it('refuses a server that the caller cannot trust, before anything is sent', async () => {
    const listener = await listen(greet, { frames, tls: server });
    const wrong = await listen(greet, { frames, tls: { cert: otherCert, key: otherKey } });
    for (const work of [
      connectTo(listener),
      connectTo(wrong, trusting),
      connectTo({ address: listener.address, metadata: plain }),
    ]) {
      const error = await refusal(work, call({ name: 'Ann' }));
      expect(error.code).toBe('unavailable');
    }
    expect(await refusal(connectTo(wrong, trusting), call({}))).toMatchObject({ refused: true });
    const named: Options = { tls: { ca: authority, servername: 'other.test' } };
    const connection = await connectTo(wrong, named);
    expect(json(await connection.exchange(call({ name: 'Ann' })))).toEqual({
      message: 'Hello Ann',
    });
  });

  it('asks callers for their certificates where it is mutual', async () => {
    const tls = { ...server, ca: authority, mutual: true };
    let calls = 0;
    const counted: Exchange = (message) => (calls++, greet(message));
    const listener = await listen(counted, { frames, tls });
    const caller: Options = { tls: { ca: authority, cert: clientCert, key: clientKey } };
    const connection = await connectTo(listener, caller);
    expect(json(await connection.exchange(call({ name: 'Ann' })))).toEqual({
      message: 'Hello Ann',
    });
    const error = await refusal(connectTo(listener, trusting), call({ name: 'Ann' }));
    expect(error).toMatchObject({ code: 'unauthenticated', refused: true });
    expect(error.message).toContain('certificate');
    expect(calls).toBe(1);
  });
});

describe('a listener with TLS', () => {
  it('is not harmed by those who do not speak it', async () => {
    const listener = await listen(greet, { tls: server }, { handshake: 500 });
    const sockets = ['GET / HTTP/1.1\r\n\r\n', '\u0016\u0003\u0001\u00ff\u00ff', ''].map(
      (bytes) => {
        const socket = connect(listener.port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
        socket.resume().on('error', () => undefined);
        return new Promise<void>((resolve) => void socket.once('close', () => resolve()));
      },
    );
    await Promise.all(sockets);
    const connection = await connectTo(listener, trusting);
    expect(json(await connection.exchange(call({ name: 'Ann' })))).toEqual({
      message: 'Hello Ann',
    });
  });

  it('serves events too', async () => {
    const options: Options = { tls: { ...server, ca: authority } };
    const registry = newRegistry();
    const broker = open(options).create('broker', surroundings(registry));
    let heard = 0;
    const settings = { delivery: 'at-most-once', attempts: 1, concurrency: 1 } as const;
    const handler = async (): Promise<void> => void heard++;
    const subscription = await broker.subscribe('events', handler, settings);
    afterwards(() => subscription.close());
    const [node] = await registry.lookup('micro.http.broker');
    expect(node?.metadata['secure']).toBe('true');
    const body = Buffer.from('{}');
    const event = { contentType: 'application/json', metadata: metadata(), body };
    await broker.publish('events', event);
    await until(() => heard === 1);
  });
});

describe('the options of TLS', () => {
  const problem = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      return (error as ConfigError).message;
    }
    return 'none';
  };
  const create = (options: Options) => () => open(options).create('transport', surroundings());

  it('may be paths of files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'http-tls-'));
    afterwards(() => rmSync(folder, { recursive: true }));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, serverCert);
    writeFileSync(key, serverKey);
    const listener = await listen(greet, { tls: { cert, key } });
    const connection = await connectTo(listener, trusting);
    expect(json(await connection.exchange(call({ name: 'Ann' })))).toEqual({
      message: 'Hello Ann',
    });
  });

  it('say which of them cannot be used', () => {
    const missing = problem(create({ tls: { cert: '/nowhere/cert.pem', key: serverKey } }));
    expect(missing).toMatch(/^http\.tls\.cert: cannot be read: ENOENT/);
    expect(problem(create({ tls: { cert: serverCert, key: otherKey } }))).toMatch(/^http\.tls: /);
    const broken = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----';
    expect(problem(create({ tls: { cert: broken, key: serverKey } }))).toMatch(/^http\.tls: /);
    expect(problem(() => http({ tls: { cert: serverCert } }))).toMatch(/belong together/);
    expect(problem(() => http({ tls: { mutual: true } }))).toMatch(/mutual needs/);
    expect(problem(() => http({ connections: 0 }))).toMatch(/^http\.connections: /);
    expect(problem(() => http({ frame: true } as never))).toMatch(/^http\.frame: /);
  });
});
