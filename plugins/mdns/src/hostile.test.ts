import { createSocket } from 'node:dgram';
import { deflateSync } from 'node:zlib';
import { setTimeout as pause } from 'node:timers/promises';
import { describeOnLoopback, freePort, open } from './loopback.test.fixture.ts';
import { ask, stranger } from './loopback.test.fixture.ts';
import type { Opened, Stranger } from './loopback.test.fixture.ts';
import type { Answer, Packet } from 'dns-packet';
import { openPlugin, sampleNode, until } from '@micro-ts/testing';

/** What a node of the service `greeter` sends, with a text of the test's own. */
const announcement = (text: Buffer | string, instance = 'evil.greeter.micro'): Packet => ({
  type: 'response',
  answers: [
    { type: 'SRV', name: instance, ttl: 120, data: { port: 1, target: 'evil' } },
    { type: 'A', name: 'evil', ttl: 120, data: '127.0.0.1' },
    { type: 'TXT', name: instance, ttl: 120, data: split(deflateSync(text).toString('hex')) },
  ],
});
const split = (hex: string): string[] => hex.match(/.{1,255}/g) ?? [];

describeOnLoopback('a network full of nonsense', () => {
  let port: number;
  let app: Opened;
  let evil: Stranger;
  beforeEach(async () => {
    port = await freePort();
    evil = await stranger(port, true);
    app = open(port);
  });
  afterEach(async () => {
    await app.close();
    await evil.close();
  });

  it('is ignored, said once, and breaks nothing', async () => {
    const node = sampleNode('greeter');
    await app.registry.register(node, 60_000);
    const told: string[][] = [];
    const watch = await app.registry.watch((services) => {
      told.push((services.get('greeter') ?? []).map(({ id }) => id));
    }, 'greeter');
    for (let i = 0; i < 200; i += 1) {
      const bytes = Buffer.from(Array.from({ length: i }, () => Math.floor(Math.random() * 256)));
      await evil.send(bytes);
      if (i % 20 === 0) await pause(1);
    }
    const whole = Buffer.from('004d' + '8400' + 'ffff'.repeat(4), 'hex');
    await evil.send(whole); // Announces 262,140 records, and has none.
    const loop = Buffer.from('004d840000000001000000000c00c00c00010001', 'hex');
    await evil.send(loop); // A name that points to itself.
    const bomb = announcement(Buffer.alloc(28 * 1024 * 1024));
    for (let i = 0; i < 5; i += 1) await evil.send(bomb);
    await evil.send(announcement('{"Service":"other","Version":"1"}', 'liar.greeter.micro'));
    await evil.send(announcement('[]', 'list.greeter.micro'));
    const foreign: Answer = {
      type: 'PTR',
      name: '_http._tcp.local',
      ttl: 9,
      data: 'x._http._tcp.local',
    };
    await evil.send({ type: 'response', answers: [foreign] });
    await evil.send({
      type: 'query',
      questions: Array.from({ length: 900 }, () => ({ type: 'PTR', name: 'x.micro' })),
    });
    await pause(200);
    expect(await app.registry.lookup('greeter')).toEqual([node]);
    expect(await app.registry.list()).toEqual(['greeter']);
    expect(told).toEqual([[node.id]]);
    const messages = app.log.lines.map(({ message }) => message);
    expect(messages.filter((each) => each.includes('packets that cannot'))).toHaveLength(1);
    expect(
      app.log.lines.filter(({ fields }) => fields?.['instance'] === 'evil.greeter.micro'),
    ).toHaveLength(1);
    expect(app.log.lines).toHaveLength(4);
    await watch.close();
  });

  it('cannot answer from any port but the one of the group', async () => {
    const fake = createSocket('udp4');
    await new Promise<void>((resolve) => fake.bind(0, resolve));
    fake.setMulticastInterface('127.0.0.1');
    const { encode } = await import('dns-packet');
    const good = announcement('{"Service":"greeter","Version":"1"}');
    const told: number[] = [];
    await app.registry.watch(
      (services) => told.push(services.get('greeter')?.length ?? 0),
      'greeter',
    );
    fake.send(encode(good), port, '224.0.0.251');
    await pause(100);
    expect(told).toEqual([0]);
    await evil.send(good);
    await until(() => told.length === 2);
    expect(told).toEqual([0, 1]);
    fake.close();
  });

  it('with a thousand others in it is still answered', async () => {
    const node = sampleNode('greeter');
    await app.registry.register(node, 60_000);
    for (let i = 0; i < 1_000; i += 1) await evil.send(ask(`s${i}.micro`));
    expect(await app.registry.lookup('greeter')).toEqual([node]);
  });
});

describe('a network that is not there', () => {
  it('is told of with the interfaces that are', async () => {
    const { default: mdns } = await import('./index.ts');
    const opened = openPlugin(mdns({ interface: '203.0.113.7' }));
    const registry = opened.create('registry');
    await expect(registry.list()).rejects.toThrow(
      /no interface 203\.0\.113\.7.*\n.*There are: \w+/,
    );
    await opened.close();
  });

  it('has options that are checked at once', async () => {
    const { default: mdns } = await import('./index.ts');
    expect(() => mdns({ domain: 'micro.' })).toThrow(/^mdns\.domain/);
    expect(() => mdns({ port: 70_000 })).toThrow(/^mdns\.port/);
    const unknown: object = { prot: 5353 };
    expect(() => mdns(unknown)).toThrow(/prot/);
  });
});
