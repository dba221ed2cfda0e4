import { AsyncLocalStorage } from 'node:async_hooks';
import { Lifetime, metadata } from '@micro-ts/interface';
import type { CallMessage, Exchange } from '@micro-ts/interface';
import { app } from './surroundings.test.fixture.ts';
import { MemoryNetwork } from './index.ts';

const call = (body: CallMessage['body'] = new Uint8Array()): CallMessage => ({
  service: 'greeter',
  endpoint: 'Greeter.Hello',
  contentType: 'application/json',
  metadata: metadata(),
  body,
  lifetime: new Lifetime(),
  attempt: 1,
});
const echo: Exchange = async ({ contentType, body }) => ({
  ...{ contentType, body, metadata: metadata() },
});
const target = (address: string) => ({ id: 'n', address, metadata: metadata() });

describe('calls in memory', () => {
  it('do not carry the async context of the caller to the server, nor back', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { transport } = app();
    const listener = await storage.run('server', () =>
      transport.listen('127.0.0.1:0', async (request) => {
        seen.push(storage.getStore());
        const { body } = request;
        if (!(body instanceof Uint8Array)) for await (const _chunk of body) seen.push('read');
        const answer = async function* (): AsyncGenerator<Uint8Array> {
          seen.push(storage.getStore());
          yield new Uint8Array(1);
        };
        return { contentType: request.contentType, metadata: metadata(), body: answer() };
      }),
    );
    const connection = await transport.connect(target(listener.address));
    await storage.run('client', async () => {
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        seen.push(storage.getStore());
        yield new Uint8Array(1);
      };
      const { body } = await connection.exchange(call(chunks()));
      if (!(body instanceof Uint8Array)) for await (const _chunk of body) seen.push('answered');
      seen.push(storage.getStore());
    });
    expect(seen).toEqual(['server', 'client', 'read', 'server', 'answered', 'client']);
    await listener.close();
  });

  it('listen where they are told to, once, or at the first free port of a range', async () => {
    const { transport } = app();
    const first = await transport.listen('greeter:8000', echo);
    expect(first.address).toBe('greeter:8000');
    const again = transport.listen('greeter:8000', echo);
    await expect(again).rejects.toMatchObject({ code: 'unavailable' });
    const second = await transport.listen('greeter:8000-8002', echo);
    expect(second.address).toBe('greeter:8001');
    await first.close();
    const third = await transport.listen('greeter:8000', echo);
    await Promise.all([second.close(), third.close()]);
  });

  it('keep to the smaller limits of the two apps', async () => {
    const network = new MemoryNetwork();
    const server = app(network, { limits: { messageBytes: 10 } });
    const client = app(network, { limits: { messageBytes: 1_000 } });
    const listener = await server.transport.listen('127.0.0.1:0', echo);
    const connection = await client.transport.connect(target(listener.address));
    const large = connection.exchange(call(new Uint8Array(11)));
    await expect(large).rejects.toMatchObject({ code: 'resource_exhausted' });
    await expect(connection.exchange(call(new Uint8Array(10)))).resolves.toBeDefined();
    await listener.close();
  });

  it('tell a connection that is opened while the listener drains', async () => {
    const { transport } = app();
    const listener = await transport.listen('127.0.0.1:0', echo);
    await listener.drain();
    const connection = await transport.connect(target(listener.address));
    const states: string[] = [];
    connection.onState?.((state) => states.push(state));
    expect(states).toEqual(['draining']);
    await listener.close();
    expect(await connection.closed).toMatchObject({ code: 'unavailable' });
  });

  it('do not touch the stream of a call that is refused, so that it can be tried elsewhere', async () => {
    const { transport } = app();
    const listener = await transport.listen('127.0.0.1:0', echo);
    const connection = await transport.connect(target(listener.address));
    await listener.drain();
    let touched = false;
    const stream = {
      [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => {
        touched = true;
        return { next: async () => ({ done: true, value: undefined }) };
      },
    };
    const refused = connection.exchange(call(stream));
    await expect(refused).rejects.toMatchObject({ code: 'unavailable', refused: true });
    expect(touched).toBe(false);
    await listener.close();
  });
});
