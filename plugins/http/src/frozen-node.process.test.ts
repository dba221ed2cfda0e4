import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterwards, closeAll, pause, rawSocket } from './app.test.fixture.ts';

afterEach(closeAll);

/** A process that listens, takes `slow` ms to read a request, and tells each call that it runs. */
async function node(slow = 0): Promise<{ child: ChildProcess; port: number; ran: () => string[] }> {
  const file = (name: string): string => JSON.stringify(pathToFileURL(join(__dirname, name)).href);
  const program = `
    import { Server } from 'node:http';
    import { defaultLimits, metadata } from '@micro-ts/interface';
    import { HttpTransport } from ${file('http-transport.ts')};
    const { emit } = Server.prototype;
    Server.prototype.emit = function (name, ...rest) {
      if (name === 'request') for (const end = performance.now() + ${slow}; performance.now() < end;);
      return emit.call(this, name, ...rest);
    };
    const network = async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' });
    const options = { allowedOrigins: [], allowedHosts: [], connections: 8, frames: true };
    const transport = new HttpTransport(options, { limits: defaultLimits, network });
    const listener = await transport.listen('127.0.0.1:0', async ({ body, contentType }) => {
      console.log(Buffer.from(body).toString());
      return { contentType, metadata: metadata(), body };
    });
    console.log(listener.address.split(':').at(-1));`;
  const tsx = pathToFileURL(createRequire(__filename).resolve('tsx')).href;
  const flags = ['--conditions=@micro-ts/source', '--import', tsx, '--input-type=module'];
  const child = spawn(process.execPath, [...flags, '-e', program], {
    cwd: join(__dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterwards(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const lines = (): string[] => text.split('\n').slice(0, -1);
  const began = performance.now();
  while (lines().length === 0) {
    if (performance.now() - began > 20_000) throw new Error('the node does not start');
    await pause(20);
  }
  return { child, port: Number(lines()[0]), ran: () => lines().slice(1) };
}

const post = (body: string): string =>
  'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nMicro-Service: greeter\r\nMicro-Endpoint: Greeter.Hello\r\n' +
  `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('a node that was frozen', () => {
  // A machine that is busy takes long to read them.
  it.each([0, 20])(
    'runs what its callers wait for, and nothing that they have given up, reading one in %s ms',
    async (slow) => {
      const { child, port, ran } = await node(slow);
      const known = await Promise.all(Array.from({ length: 12 }, () => rawSocket(port)));
      const [first] = known;
      await first?.write(post('"before"')).until('"before"');
      child.kill('SIGSTOP');
      // They wait to be accepted, the last one behind all others.
      const unseen = await Promise.all(Array.from({ length: 12 }, () => rawSocket(port)));
      const last = await rawSocket(port);
      const leaving = [...known.slice(1), ...unseen];
      for (const socket of leaving) socket.write(post('"given up"'));
      first?.write(post('"waited for"'));
      last.write(post('"waited for"'));
      await pause(100);
      for (const { socket } of leaving) socket.destroy();
      await Promise.all(leaving.map(({ closed }) => closed));
      child.kill('SIGCONT');
      await first?.until('"waited for"');
      await last.until('"waited for"');
      await last.write(post('"after"')).until('"after"');
      expect(ran()).toEqual(['"before"', '"waited for"', '"waited for"', '"after"']);
    },
    40_000,
  );
});
