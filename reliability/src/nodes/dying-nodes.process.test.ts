import { setTimeout as pause } from 'node:timers/promises';
import { Lifetime, MicroError } from '@micro-ts/interface';
import { needsServer, serverUrl, startFaultProxy } from '@micro-ts/testing/servers';
import { servers } from '../infrastructure.ts';
import { afterwards, call, closeAll, connectTo } from './nodes.test.fixture.ts';
import { startNode, textOf, transportAt } from './nodes.test.fixture.ts';

afterEach(closeAll);

const body = Buffer.from('{}');
const hang = (lifetime = new Lifetime()) => call(body, { endpoint: 'Kit.Hang', lifetime });
const asError = (error: unknown): MicroError => error as MicroError;

describe.each(servers.transport)('a node on %s', (kind) => {
  needsServer(
    describe,
    kind,
    true,
  )('that dies or stops', () => {
    it('that is killed fails its calls within half a second, whatever their age', async () => {
      const url = await serverUrl(kind);
      const transport = await transportAt(kind, url);
      const took: number[] = [];
      for (const age of [0, 20, 150, 260, 380, 1_500]) {
        const node = await startNode(kind, url);
        const connection = await connectTo(transport, node);
        await connection.exchange(call(body));
        const running = Array.from({ length: 32 }, () =>
          connection.exchange(hang()).catch(asError),
        );
        await pause(age);
        const start = performance.now();
        node.child.kill('SIGKILL');
        for (const error of await Promise.all(running)) {
          expect(error).toMatchObject({ code: 'unavailable' });
        }
        took.push(performance.now() - start);
        expect(await connection.closed).toMatchObject({ code: 'unavailable' });
        const again = await transport.connect({ id: 'x', ...node }).catch(asError);
        expect(again).toMatchObject({ code: 'unavailable', refused: true });
      }
      console.log(`killed: 32 calls failed after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`);
      expect(Math.min(...took)).toBeLessThan(500);
      // Of a machine that is busy; without being told, frames would take ten seconds.
      expect(Math.max(...took)).toBeLessThan(5_000);
    });

    it('that is frozen is suspect, and carries out what is still wanted when it runs again', async () => {
      const url = await serverUrl(kind);
      const node = await startNode(kind, url);
      const connection = await connectTo(await transportAt(kind, url), node);
      await connection.exchange(call(body));
      const states: string[] = [];
      connection.onState?.((state) => states.push(state));
      node.child.kill('SIGSTOP');
      const start = performance.now();
      const late = Array.from({ length: 20 }, () => {
        const lifetime = new Lifetime(performance.now() + 2_000);
        const running = connection.exchange(call(body, { endpoint: 'Kit.Run', lifetime }));
        return { lifetime, running: running.catch(asError) };
      });
      const patient = connection.exchange(call(Buffer.from('"patient"')));
      while (!states.includes('suspect')) await pause(10);
      console.log(`frozen: suspect after ${(performance.now() - start).toFixed(0)} ms`);
      await pause(2_000);
      for (const { lifetime } of late)
        lifetime.end(new MicroError('deadline_exceeded', 'too late'));
      for (const { running } of late) {
        expect(await running).toMatchObject({ code: 'deadline_exceeded' });
      }
      await pause(3_500);
      node.child.kill('SIGCONT');
      expect(textOf((await patient).body)).toBe('"patient"');
      const { body: ran } = await connection.exchange(call(body, { endpoint: 'Kit.Ran' }));
      expect(textOf(ran)).toBe('0');
      expect(states.at(-1)).toBe('ready');
    });

    it('whose caller is silently cut off from the server is given up within ten seconds or so', async () => {
      const url = new URL(await serverUrl(kind));
      const node = await startNode(kind, url.href);
      const proxy = await startFaultProxy(Number(url.port));
      afterwards(() => proxy.close());
      const direct = new URL(url.href);
      direct.port = String(proxy.port);
      const connection = await connectTo(await transportAt(kind, direct.href), node);
      await connection.exchange(call(body));
      const running = connection.exchange(hang()).catch(asError);
      await pause(100);
      proxy.set('drop');
      const start = performance.now();
      expect(await running).toMatchObject({ code: 'unavailable' });
      const took = performance.now() - start;
      console.log(`half open: its calls failed after ${took.toFixed(0)} ms`);
      expect(took).toBeLessThan(15_000);
    });
  });
});
