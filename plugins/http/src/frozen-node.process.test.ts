import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Lifetime, metadata, MicroError } from '@micro-ts/interface';
import { eventually } from '@micro-ts/testing';
import { certificates } from '@micro-ts/testing/servers';
import { afterwards, call, closeAll, connectTo, json } from './app.test.fixture.ts';
import { plain, rawSocket } from './app.test.fixture.ts';

const { authority, serverCert, serverKey } = certificates;
const tls = { cert: serverCert, key: serverKey };

afterEach(closeAll);

/** A process that listens, takes `slow` ms to read a request, and tells each call that it runs. */
async function node({ slow = 0, frames = true, secure = false } = {}): Promise<{
  child: ChildProcess;
  address: string;
  ran: () => string[];
}> {
  const file = (name: string): string => JSON.stringify(pathToFileURL(join(__dirname, name)).href);
  const program = `
    import { Server } from 'node:http';
    import { defaultLimits, metadata } from '@micro-ts/interface';
    import { http } from ${file('index.ts')};
    const { emit } = Server.prototype;
    Server.prototype.emit = function (name, ...rest) {
      if (name === 'request') for (const end = performance.now() + ${slow}; performance.now() < end;);
      return emit.call(this, name, ...rest);
    };
    const network = async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' });
    const logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => logger };
    const plugin = http(${JSON.stringify({ frames, ...(secure ? { tls } : {}) })});
    const opened = plugin.open({ app: 'test', logger, limits: defaultLimits });
    const transport = opened.create('transport', { network });
    const listener = await transport.listen('127.0.0.1:0', async ({ body, contentType }) => {
      console.log(Buffer.from(body).toString());
      return { contentType, metadata: metadata(), body };
    });
    console.log(listener.address);`;
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
  return { child, address: lines()[0] ?? '', ran: () => lines().slice(1) };
}

const post = (body: string): string =>
  'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nMicro-Service: greeter\r\nMicro-Endpoint: Greeter.Hello\r\n' +
  `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('a node that was frozen', () => {
  // A machine that is busy takes long to read them.
  it.each([0, 20])(
    'runs what its callers wait for, and nothing that they have given up, reading one in %s ms',
    async (slow) => {
      const { child, address, ran } = await node({ slow });
      const port = Number(address.split(':').at(-1));
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
      await eventually(() => expect(ran()).toContain('"after"'), 5_000);
      expect(ran()).toEqual(['"before"', '"waited for"', '"waited for"', '"after"']);
    },
    40_000,
  );

  it.each([
    ['frames', true, false],
    ['frames in TLS', true, true],
    ['HTTP', false, false],
    ['HTTPS', false, true],
  ])(
    'keeps to that with calls of Micro over %s',
    async (_name, frames, secure) => {
      const { child, address, ran } = await node({ frames, secure });
      const record = metadata({
        ...plain,
        ...(frames ? { frames: '1' } : {}),
        ...(secure ? { secure: 'true' } : {}),
      });
      const options = secure ? { tls: { ca: authority } } : {};
      const connection = await connectTo({ address, metadata: record }, options);
      await Promise.all(Array.from({ length: 8 }, () => connection.exchange(call('before'))));
      child.kill('SIGSTOP');
      const lifetimes: Lifetime[] = [];
      const leaving: Promise<unknown>[] = [];
      for (let count = 0; count < 4; count++) {
        const lifetime = new Lifetime();
        lifetimes.push(lifetime);
        leaving.push(connection.exchange(call('given up', { lifetime })).catch((error) => error));
        await pause(20);
      }
      const waiting = connection.exchange(call('waited for'));
      await pause(100);
      for (const lifetime of lifetimes) lifetime.end(new MicroError('deadline_exceeded', 'late'));
      await Promise.all(leaving);
      await pause(100);
      child.kill('SIGCONT');
      expect(json(await waiting)).toBe('waited for');
      expect(json(await connection.exchange(call('after')))).toBe('after');
      await eventually(() => expect(ran()).toContain('"after"'), 5_000);
      expect(ran().slice(8)).toEqual(['"waited for"', '"after"']);
    },
    40_000,
  );
});
