import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { ConnectionState } from '@micro-ts/interface';
import type { MicroError } from '@micro-ts/interface';
import { until } from '@micro-ts/testing';
import { afterwards, call, closeAll, connectTo, plain } from './app.test.fixture.ts';

afterEach(closeAll);

/** A process that answers `/`, and never those calls that ask for it. */
async function node(): Promise<{ child: ChildProcess; address: string }> {
  const program = `
    const server = require('node:http').createServer((request, response) => {
      if (request.headers['micro-endpoint'] === 'Test.Hang') return;
      request.resume().on('end', () => response.end('{}'));
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  afterwards(() => child.kill('SIGKILL'));
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { child, address: `127.0.0.1:${port}` };
}

const hanging = call({}, { endpoint: 'Test.Hang' });

describe('a node that dies or stops, over plain HTTP', () => {
  it('that is killed fails its calls at once, and its connection is lost', async () => {
    const { child, address } = await node();
    const connection = await connectTo({ address, metadata: plain });
    await connection.exchange(call({}));
    const running = Array.from({ length: 32 }, () =>
      connection.exchange(hanging).catch((error: unknown) => error as MicroError),
    );
    const probe = connection.exchange(call({}));
    await probe;
    const start = performance.now();
    child.kill('SIGKILL');
    for (const error of await Promise.all(running)) {
      expect(error).toMatchObject({ code: 'unavailable', refused: false });
    }
    const failed = performance.now() - start;
    expect(await connection.closed).toMatchObject({ code: 'unavailable' });
    const lost = performance.now() - start;
    console.log(
      `killed: calls failed after ${failed.toFixed(0)} ms, lost after ${lost.toFixed(0)}`,
    );
    expect(lost).toBeLessThan(2_000);
  });

  it('that is killed while nothing runs is lost too', async () => {
    const { child, address } = await node();
    const connection = await connectTo({ address, metadata: plain });
    await Promise.all([connection.exchange(call({})), connection.exchange(call({}))]);
    child.kill('SIGKILL');
    expect(await connection.closed).toMatchObject({ code: 'unavailable' });
  });

  it('that is frozen is suspect until it answers again', async () => {
    const { child, address } = await node();
    const connection = await connectTo({ address, metadata: plain });
    const states: ConnectionState[] = [];
    connection.onState?.((state) => states.push(state));
    await connection.exchange(call({}));
    child.kill('SIGSTOP');
    const start = performance.now();
    const running = connection.exchange(call({}));
    await until(() => states.includes('suspect'));
    console.log(`frozen: suspect after ${(performance.now() - start).toFixed(0)} ms`);
    child.kill('SIGCONT');
    await running;
    await until(() => states.at(-1) === 'ready');
    expect(states).toEqual(['suspect', 'ready']);
  });

  it('that is only slow is not suspect', async () => {
    const { address } = await node();
    const connection = await connectTo({ address, metadata: plain });
    const states: ConnectionState[] = [];
    connection.onState?.((state) => states.push(state));
    connection.exchange(hanging).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(states).toEqual([]);
  });
});
