import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../expect.ts';
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

needsServer(
  describe,
  'redis',
  true,
)('a server of the test', () => {
  it('starts on other ports if somebody was faster', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    let tries = 0;
    const server = await startServer('redis', {
      args: () => (++tries === 1 ? ['--port', `${port}`] : []),
    });
    await server.close();
    await new Promise((resolve) => other.close(resolve));
    expect(tries).toBe(2);
  });

  it('says why it does not start, and leaves its log', async () => {
    const wrong = startServer('redis', { args: () => ['--no-such-option', 'x'] });
    const { message } = await wrong.then(
      () => new Error('it started'),
      (error: Error) => error,
    );
    expect(message).toMatch(/^redis did not start: it ended with 1\. Its log, .+ ends:/);
    expect(message).toContain('no-such-option');
    const [log = ''] = /\/[^ ,]+server\.log/.exec(message) ?? [];
    expect(existsSync(log)).toBe(true);
    rmSync(dirname(log), { recursive: true });
  });

  it('tells that it died, keeps its log, and can be started again', async () => {
    const server = await startServer('redis');
    const client = createConnection(server.port, server.host).on('error', () => undefined);
    client.write('SHUTDOWN NOSAVE\r\n');
    await until(() => server.died !== undefined);
    expect(server.died).toBe('it ended with 0');
    await server.start();
    expect(server.died).toBeUndefined();
    expect(await connects(server.port)).toBe(true);
    await server.close();
    expect(existsSync(server.folder)).toBe(true);
    rmSync(server.folder, { recursive: true });
  });

  it('does not outlive its test, however that ends', async () => {
    const program = `
      const { startServer } = await import(${JSON.stringify(join(__dirname, 'index.ts'))});
      const { port, folder } = await startServer('redis');
      console.log(JSON.stringify({ port, folder }));
      setInterval(() => undefined, 1_000);`;
    const child = spawn(
      process.execPath,
      ['--conditions=@micro-ts/source', '--import', 'tsx', '--input-type=module', '-e', program],
      { cwd: join(__dirname, '../../../..'), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const line = await new Promise<string>((resolve) => {
      const lines = createInterface(child.stdout);
      lines.once('line', resolve).once('close', () => resolve('{}'));
    });
    const { port, folder } = JSON.parse(line) as { port: number; folder: string };
    expect(await connects(port)).toBe(true);
    const start = performance.now();
    child.kill('SIGKILL');
    await until(async () => !(await connects(port)) && !existsSync(folder));
    console.log(`gone ${Math.round(performance.now() - start)} ms after its test`);
  });
});

describe('the fault proxy', () => {
  it('carries, drops in silence, and cuts', async () => {
    const echo = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port } = echo.address() as { port: number };
    const proxy = await startFaultProxy(port);
    const client = createConnection({ host: proxy.host, port: proxy.port });
    const said = async (text: string, patience = 10_000): Promise<string | undefined> => {
      const heard = new Promise<string>((resolve) => client.once('data', (b) => resolve(`${b}`)));
      client.write(text);
      return Promise.race([heard, pause(patience, undefined, { ref: false })]);
    };
    expect(await said('one')).toBe('one');
    proxy.set('drop');
    expect(await said('two', 300)).toBeUndefined();
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
