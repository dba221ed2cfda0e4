import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { needsServer, serverKinds, startFaultProxy, startServer } from './index.ts';

const connects = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy()).setTimeout(500, () => socket.destroy());
  });

describe.each(serverKinds)('%s', (kind) => {
  needsServer(
    describe,
    kind,
    true,
  )('as a server of the test', () => {
    it('starts, dies, starts again at the same place, and leaves nothing', async () => {
      const began = performance.now();
      const server = await startServer(kind);
      console.log(`${kind} answers after ${Math.round(performance.now() - began)} ms`);
      try {
        expect(await connects(server.port)).toBe(true);
        await server.stop();
        expect(await connects(server.port)).toBe(false);
        await server.wipe();
        await server.start();
        expect(await connects(server.port)).toBe(true);
        expect(server.log).not.toBe('');
      } finally {
        await server.close();
      }
    });
  });
});

describe('the fault proxy', () => {
  it('carries, drops in silence, and cuts', async () => {
    const { createServer } = await import('node:net');
    const echo = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port } = echo.address() as { port: number };
    const proxy = await startFaultProxy(port);
    const client = createConnection({ host: proxy.host, port: proxy.port });
    const said = async (text: string): Promise<string | undefined> => {
      const heard = new Promise<string>((resolve) => client.once('data', (b) => resolve(`${b}`)));
      client.write(text);
      return Promise.race([heard, new Promise<undefined>((r) => setTimeout(r, 200, undefined))]);
    };
    expect(await said('one')).toBe('one');
    proxy.set('drop');
    expect(await said('two')).toBeUndefined();
    expect(client.destroyed).toBe(false);
    proxy.set({ slow: 20 });
    expect(await said('three')).toBe('three');
    const closed = new Promise((resolve) =>
      (client as Socket).on('error', () => undefined).once('close', resolve),
    );
    proxy.cut();
    await closed;
    await proxy.close();
    await new Promise((resolve) => echo.close(resolve));
  });
});
