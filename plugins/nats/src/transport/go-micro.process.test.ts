// A real go-micro v5 on the other side of NATS.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Lifetime, metadata, MicroError } from '@micro-ts/interface';
import { afterwards, callOf, closeAll, connectTo, eventually } from '@micro-ts/testing';
import { openTransport, text } from '@micro-ts/testing';
import { goProgram, needsGo, needsServer, serverUrl } from '@micro-ts/testing/servers';
import nats from '../index.ts';

type Told = Readonly<Record<string, unknown>>;

const folder = join(__dirname, '..', '..', 'fixtures', 'go-transport');
const program = goProgram({ folder, name: 'go-transport' });

/** Starts it, and hands over each line that it says. */
function start(args: readonly string[], hear: (told: Told) => void): ChildProcess {
  const path = 'path' in program ? program.path : '';
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  afterwards(() => child.kill('SIGKILL'));
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
    hear(JSON.parse(line) as Told),
  );
  return child;
}

needsServer(needsGo(describe, program), 'nats')('go-micro over NATS', () => {
  afterEach(closeAll);

  it('serves calls of Micro, many at once, with errors, metadata and deadlines', async () => {
    const url = await serverUrl('nats');
    const address = await new Promise<string>((resolve) =>
      start(['serve', url], (told) => resolve(String(told['address']))),
    );
    expect(address).toMatch(/^_INBOX\.\w{22}$/);
    const plain = { transport: 'nats', protocol: 'mucp', server: 'mucp' };
    const connection = await connectTo(openTransport(nats({ servers: url })), {
      address,
      metadata: plain,
    });
    const ask = async (request: object, changes = {}): Promise<Told> => {
      const body = Buffer.from(JSON.stringify(request));
      const lifetime = new Lifetime(performance.now() + 10_000);
      const own = metadata({ 'x-trace': 't1' });
      const message = { endpoint: 'Greeter.Hello', lifetime, metadata: own, ...changes };
      const { body: answer } = await connection.exchange(callOf(body, message));
      return JSON.parse(text(answer)) as Told;
    };
    // It has said its address, and subscribes now.
    const answer = await eventually(() => ask({ name: 'Ann' }));
    expect(answer['message']).toBe('Hello Ann');
    expect(answer['left']).toBeGreaterThan(3_000);
    expect(answer['metadata']).toMatchObject({ 'X-Trace': 't1' });
    const began = performance.now();
    const names = Array.from({ length: 300 }, (_none, at) => `n${at}`);
    const answers = await Promise.all(
      names.map((each, at) => ask({ name: each, ms: at % 7 === 0 ? 30 : 0 })),
    );
    expect(answers.map(({ message }) => message)).toEqual(names.map((each) => `Hello ${each}`));
    console.log(`300 calls at once to go-micro: ${(performance.now() - began).toFixed(0)} ms`);
    for (let n = 0; n < 200; n++) expect((await ask({ name: 'x' }))['message']).toBe('Hello x');
    await expect(ask({ name: 'Bob', code: 404 })).rejects.toMatchObject({
      ...{ code: 'not_found', message: 'no such Bob', origin: 'greeter' },
    });
    await expect(ask({}, { endpoint: 'Greeter.Nope' })).rejects.toMatchObject({
      ...{ code: 'unimplemented', refused: true },
    });
    expect((await ask({ name: 'after' }))['message']).toBe('Hello after');
  });

  it('calls services of Micro', async () => {
    const url = await serverUrl('nats');
    const listener = await openTransport(nats({ servers: url })).listen(
      '127.0.0.1:0',
      async (message) => {
        if (message.endpoint === 'Greeter.Fail') {
          throw new MicroError('not_found', 'no such Bob', { origin: 'greeter' });
        }
        if (message.endpoint === 'Greeter.Slow') await pause(200);
        const said = { service: message.service, left: message.lifetime.left };
        const body = Buffer.from(JSON.stringify({ ...said, metadata: message.metadata }));
        return { contentType: message.contentType, metadata: metadata(), body };
      },
    );
    afterwards(() => listener.close());
    const waiting = new Map<number, (told: Told) => void>();
    const child = start(['call', url, listener.address], (told) =>
      waiting.get(told['number'] as number)?.(told),
    );
    let count = 0;
    const ask = (endpoint: string, more: object = {}): Promise<Told> =>
      new Promise((resolve) => {
        const number = ++count;
        waiting.set(number, resolve);
        const asked = { number, endpoint, body: { name: 'Ann' }, timeout: 5_000, ...more };
        child.stdin?.write(`${JSON.stringify({ metadata: { 'X-Trace': 't2' }, ...asked })}\n`);
      });
    const { value } = (await ask('Greeter.Hello')) as { value: Told };
    expect(value).toMatchObject({ service: 'greeter', metadata: { 'x-trace': 't2' } });
    expect(value['left']).toBeLessThanOrEqual(5_000);
    expect((await ask('Greeter.Fail'))['error']).toMatchObject({
      ...{ id: 'greeter', code: 404, detail: 'no such Bob', status: 'Not Found' },
    });
    const many = await Promise.all(Array.from({ length: 20 }, () => ask('Greeter.Slow')));
    expect(many.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(listener.needsGrace?.()).toBe(true);
  });
});
