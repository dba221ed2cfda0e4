import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterwards, closeAll, pause, rawSocket, until } from './app.test.fixture.ts';
import { Stall } from './stall.ts';

afterEach(closeAll);

/** Keeps this process from doing anything else. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** Whether the work ran in the same turn. */
function atOnce(stall: Stall): boolean {
  let ran = false;
  stall.settled(() => (ran = true));
  return ran;
}

function watching(): Stall {
  const stall = new Stall();
  afterwards(() => stall.stop());
  return stall;
}

describe('a process', () => {
  it('that did not stand still works at once', async () => {
    const stall = watching();
    expect(atOnce(stall)).toBe(true);
    await pause(600);
    await until(() => atOnce(stall));
  });

  it('that stood still works a little later, and at once again after that', async () => {
    const stall = watching();
    block(600);
    const ran: string[] = [];
    stall.settled(() => ran.push('first'));
    stall.settled(() => ran.push('second'));
    expect(ran).toEqual([]);
    await until(() => ran.length === 2);
    expect(ran).toEqual(['first', 'second']);
    await until(() => atOnce(stall));
  });

  it('knows that it stood still after its timers ran too', async () => {
    const stall = watching();
    block(600);
    // The beat comes first: from then on, only what it left behind tells.
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(atOnce(stall)).toBe(false);
    await until(() => atOnce(stall));
  });
});

/** A process that listens and tells each call that it runs. */
async function node(): Promise<{ child: ChildProcess; port: number; ran: () => string[] }> {
  const file = (name: string): string => JSON.stringify(pathToFileURL(join(__dirname, name)).href);
  const program = `
    import { defaultLimits, metadata } from '@micro-ts/interface';
    import { HttpTransport } from ${file('http-transport.ts')};
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
  it('does not run what its callers have given up, and runs what they wait for', async () => {
    const { child, port, ran } = await node();
    const sockets = await Promise.all(Array.from({ length: 4 }, () => rawSocket(port)));
    const [waiting, ...leaving] = sockets;
    waiting?.write(post('"before"'));
    await waiting?.until('"before"');
    child.kill('SIGSTOP');
    for (const socket of leaving) socket.write(post('"given up"'));
    waiting?.write(post('"waited for"'));
    await pause(300);
    for (const { socket } of leaving) socket.destroy();
    await pause(400);
    child.kill('SIGCONT');
    await waiting?.until('"waited for"');
    await pause(200);
    expect(ran()).toEqual(['"before"', '"waited for"']);
  }, 40_000);
});
