import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from '@micro-ts/interface';
import { afterwards, closeAll } from '@micro-ts/testing';
import { needsServer, startFaultProxy, startProgram, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import { event, failure, hear, open, textOf, until } from './scene.test.fixture.ts';
import type { Options } from './scene.test.fixture.ts';

needsServer(
  describe,
  'rabbitmq',
  true,
)('a RabbitMQ of its own', () => {
  let server: TestServer;
  let nameServer = '';
  beforeAll(async () => {
    const env = ({ ports }: { readonly ports: readonly number[] }): Record<string, string> => {
      nameServer = String(ports[2]);
      return {};
    };
    server = await startServer('rabbitmq', { env });
  }, 120_000);
  afterAll(() => server.close());
  afterEach(closeAll);

  const refusal = (options: Options, limits = {}) => {
    const { broker } = open({ address: server.url, ...options }, limits);
    return failure(broker.publish('server.none', event('x')));
  };

  it('says which option to change if it cannot be used, and no secret', async () => {
    const at = `127.0.0.1:${server.port}`;
    const address = server.url.replace('amqp://', 'amqp://guest:hush-hush@');
    for (const wrong of [{ password: 'hush-hush' }, { address }]) {
      expect(await refusal(wrong)).toMatchObject({
        ...{ code: 'unauthenticated', refused: true },
        message: `RabbitMQ at ${at} refuses user 'guest': change rabbitmq.username or rabbitmq.password`,
      });
    }
    const vhost = await refusal({ vhost: 'nowhere' });
    expect(vhost.code).toBe('permission_denied');
    expect(vhost.message).toContain(`${at} has no virtual host 'nowhere'`);
    const unknown = await refusal({ address: 'amqp://guest:hush-hush@nowhere.invalid' });
    expect(unknown).toMatchObject({ code: 'unavailable', refused: true });
    expect(unknown.message).toContain('nowhere.invalid:5672');
    expect(unknown.message).not.toContain('hush');
    const plain = await refusal({ address: server.url.replace('amqp', 'amqps') });
    expect(plain.message).toContain('does not speak TLS');
  });

  it('names the option if nobody answers, or somebody else', async () => {
    const unreachable = await refusal({ address: '127.0.0.1:1' });
    expect(unreachable.message).toMatch(/ECONNREFUSED: check rabbitmq\.address$/);
    const isElse = 'is rabbitmq.address that of RabbitMQ?';
    const others = [
      ['HTTP/1.1 400 Bad Request\r\n\r\n', `does not speak AMQP: ${isElse}`],
      ['INFO {"server_id":"x","port":4222}\r\n', `does not speak AMQP: ${isElse}`],
      ['AMQP\0\x01\0\0', `does not speak AMQP: ${isElse}`],
      ['', 'hangs up: check rabbitmq.address, and write amqps:// if it wants TLS'],
      [undefined, `does not answer: ${isElse}`],
    ] as const;
    for (const [said, text] of others) {
      const other = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => said !== undefined && socket.end(said));
        afterwards(() => void socket.destroy());
      });
      afterwards(() => void other.close());
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
      const limits = said === undefined ? { handshake: 500 } : {};
      expect(await refusal({ address }, limits)).toMatchObject({
        ...{ code: 'unavailable', refused: true, message: `RabbitMQ at ${address} ${text}` },
      });
    }
  });

  it('keeps the dead letters of many events that have waited for it, and Node warns of none', async () => {
    const waiting = join(__dirname, 'waiting.test.fixture.ts');
    const program = startProgram(waiting, server.url, 'server.waiting', 'server-waiting');
    expect(await program.line()).toBe('all are kept');
  }, 60_000);

  it('is found though it is the last of several', async () => {
    const address = ['amqp://127.0.0.1:1', 'nowhere.invalid', server.url];
    const { broker } = open({ address });
    const heard = await hear(broker, 'server.last');
    await broker.publish('server.last', event('found'));
    await until('it came', () => heard.deliveries.length === 1);
  });

  it('refuses events while it is short of memory, and is read from all the while', async () => {
    const own = '/usr/lib/rabbitmq/bin/rabbitmqctl';
    const tool = existsSync(own) ? own : 'rabbitmqctl';
    const node = `t${server.port}@localhost`;
    const env = { ...process.env, HOME: server.folder, ERL_EPMD_PORT: nameServer };
    // It takes seconds, in which heartbeats must go on.
    const ctl = async (limit: string): Promise<void> => {
      const args = ['--node', node, 'set_vm_memory_high_watermark', limit];
      await promisify(execFile)(tool, args, { env });
    };
    const { broker } = open({ address: server.url });
    let go!: () => void;
    const full = new Promise<void>((resolve) => (go = resolve));
    const options = { queue: 'server-full', concurrency: 1 };
    const heard = await hear(broker, 'server.full', options, () => full);
    afterwards(() => go());
    const waiting = Array.from({ length: 40 }, (_none, at) => String(at));
    for (const text of waiting) await broker.publish('server.full', event(text));
    await ctl('0.0000001');
    afterwards(() => ctl('0.4'));
    const start = performance.now();
    const failed = await failure(
      (async () => {
        for (;;) await broker.publish('server.full', event('more'));
      })(),
    );
    console.log(`rabbitmq: an alarm was told ${(performance.now() - start).toFixed(0)} ms after`);
    expect(failed).toMatchObject({ code: 'resource_exhausted' });
    expect(failed.message).toContain('takes no events: low on memory');
    const next = await failure(broker.publish('server.full', event('more')));
    expect(next).toMatchObject({ code: 'resource_exhausted', refused: true });
    go();
    await until('what it had comes all the same', () =>
      waiting.every((text) => heard.texts().includes(text)),
    );
    await ctl('0.4');
    await until('it takes events again', () =>
      broker.publish('server.full', event('after')).then(
        () => true,
        () => false,
      ),
    );
  });

  it('that answers no more is noticed, and events that it has not confirmed fail', async () => {
    const proxy = await startFaultProxy(server.port);
    afterwards(() => proxy.close());
    const { broker } = open({ address: `amqp://127.0.0.1:${proxy.port}` });
    const heard = await hear(broker, 'server.silent');
    await broker.publish('server.silent', event('before'));
    const start = performance.now();
    proxy.set('drop');
    const failed = await failure(broker.publish('server.silent', event('lost')));
    expect(failed).toMatchObject({ code: 'unavailable', refused: false });
    expect(await heard.subscription.closed).toMatchObject({ code: 'unavailable' });
    const noticed = performance.now() - start;
    console.log(`rabbitmq: a silent link was noticed after ${noticed.toFixed(0)} ms`);
    expect(noticed).toBeLessThan(30_000);
    proxy.cut();
    proxy.set('none');
    const came: string[] = [];
    const take = async (delivery: Delivery): Promise<void> => void came.push(textOf(delivery));
    const works = (work: Promise<unknown>): Promise<boolean> =>
      work.then(
        () => true,
        () => false,
      );
    await until('it can subscribe', () => works(hear(broker, 'server.silent', {}, take)));
    await until('it can publish', () => works(broker.publish('server.silent', event('after'))));
    await until('it came', () => came.includes('after'));
  }, 60_000);

  it('may be slow', async () => {
    const proxy = await startFaultProxy(server.port);
    afterwards(() => proxy.close());
    proxy.set({ slow: 150 });
    const { broker } = open({ address: `amqp://127.0.0.1:${proxy.port}` });
    const start = performance.now();
    const options = { queue: 'server-slow', attempts: 2 };
    const heard = await hear(broker, 'server.slow', options, async ({ attempt }) => {
      if (attempt === 1) throw new Error('not yet');
    });
    console.log(
      `rabbitmq, 150 ms each way: subscribed in ${(performance.now() - start).toFixed(0)} ms`,
    );
    await Promise.all(
      Array.from({ length: 200 }, (_none, at) => broker.publish('server.slow', event(String(at)))),
    );
    await until('all came twice', () => heard.deliveries.length === 400, 20_000);
    proxy.set('none');
  }, 60_000);

  it('fails what it has not confirmed when it dies, as not refused', async () => {
    const { broker } = open({ address: server.url });
    await broker.publish('server.dies', event('x'));
    await server.freeze();
    const publishing = Array.from({ length: 50 }, () =>
      failure(broker.publish('server.dies', event('x'))),
    );
    await pause(50);
    await server.stop();
    for (const failed of await Promise.all(publishing)) {
      expect(failed).toMatchObject({ code: 'unavailable', refused: false });
    }
    await server.start();
    await broker.publish('server.dies', event('x'));
  }, 60_000);

  it('gives what a killed process had in hand to another', async () => {
    const queue = 'server-killed';
    const first = await hear(open({ address: server.url }).broker, 'server.killed', { queue });
    await first.subscription.close();
    const stuck = join(__dirname, 'stuck.test.fixture.ts');
    const victim = startProgram(stuck, server.url, 'server.killed', queue);
    expect(await victim.line()).toBe('ready');
    const { broker } = open({ address: server.url });
    const texts = Array.from({ length: 100 }, (_none, at) => `e${at}`);
    for (const text of texts) await broker.publish('server.killed', event(text));
    const held: string[] = [];
    while (held.length < 16) held.push(await victim.line()); // it has its hands full
    const start = performance.now();
    await victim.kill();
    const heard = await hear(broker, 'server.killed', { queue });
    await until('all came', () => new Set(heard.texts()).size === texts.length);
    console.log(
      `rabbitmq: all events of a killed process came in ${(performance.now() - start).toFixed(0)} ms`,
    );
    const again = heard.deliveries.filter(({ attempt }) => attempt === 2).map(textOf);
    expect(again.sort()).toEqual(held.sort());
    expect(heard.deliveries).toHaveLength(texts.length);
  }, 60_000);
});
