import { setTimeout as pause } from 'node:timers/promises';
import type { Packet } from 'dns-packet';
import { sampleNode, until } from '@micro-ts/testing';
import { describeOnLoopback, freePort, open } from './loopback.test.fixture.ts';
import { ask, stranger } from './loopback.test.fixture.ts';
import type { Arrived, Opened, Stranger } from './loopback.test.fixture.ts';

const kinds = ({ packet }: Arrived): string[] => (packet.answers ?? []).map(({ type }) => type);
const ttls = ({ packet }: Arrived): unknown[] =>
  (packet.answers ?? []).map((record) => ('ttl' in record ? record.ttl : undefined));

describeOnLoopback('a node of this process', () => {
  let port: number;
  let app: Opened;
  let member: Stranger;
  let loner: Stranger;
  beforeEach(async () => {
    port = await freePort();
    member = await stranger(port, true);
    loner = await stranger(port, false);
    app = open(port);
  });
  afterEach(async () => {
    await app.close();
    await Promise.all([member.close(), loner.close()]);
  });

  /** The answers to a question, when there are as many as there should be and some time has passed. */
  const answersTo = async (who: Stranger, question: Packet, count = 1): Promise<Arrived[]> => {
    const before = who.arrived.length;
    const answers = (): Arrived[] =>
      who.arrived.slice(before).filter(({ packet }) => packet.type === 'response');
    await who.send(question);
    await until(() => answers().length >= count);
    await pause(150);
    return answers();
  };

  it('is probed, announced, announced again by a heartbeat, and takes leave', async () => {
    const node = sampleNode('greeter');
    const spoken = (): Arrived[] => member.arrived;
    await app.registry.register(node, 120_000);
    await until(() => spoken().filter(({ packet }) => packet.type === 'query').length === 3);
    const [probe] = spoken().filter(({ packet }) => packet.type === 'query');
    expect(probe?.packet.questions).toMatchObject([
      { name: `${node.id}.greeter.micro`, type: 'ANY' },
    ]);
    expect(probe?.packet.authorities?.map(({ type }) => type)).toEqual(['SRV', 'TXT']);
    const told = (): Arrived[] => spoken().filter(({ packet }) => packet.type === 'response');
    await until(() => told().length === 2);
    for (const each of told()) {
      expect(kinds(each)).toEqual(['SRV', 'A', 'TXT']);
      expect(ttls(each)).toEqual([120, 120, 120]);
      expect(each.packet.questions).toEqual([]);
      expect(each.from.port).toBe(port);
    }
    await app.registry.register(node, 120_000); // Within a second of the last word: nothing new.
    await pause(1_100);
    await app.registry.register(node, 120_000);
    await until(() => told().length === 3);
    await app.registry.deregister(node);
    await until(() => told().length === 4);
    expect(ttls(told().at(-1) ?? fail())).toEqual([0, 0, 0]);
    await pause(1_500); // The last announcement is not made: it has left.
    expect(told()).toHaveLength(4);
  });

  it('is told alone to those who ask from a port of their own, with their question', async () => {
    const node = sampleNode('greeter');
    await app.registry.register(node, 60_000);
    const [answer, ...more] = await answersTo(loner, ask('greeter.micro'));
    expect(more).toEqual([]);
    expect(answer?.packet).toMatchObject({
      id: 77,
      flag_aa: true,
      questions: [{ name: 'greeter.micro', type: 'PTR', class: 'IN' }],
    });
    expect(kinds(answer ?? fail())).toEqual(['PTR', 'SRV', 'A', 'TXT']);
    expect(ttls(answer ?? fail())).toEqual([60, 60, 60, 60]);
    const heard = member.arrived.filter(({ packet }) =>
      kinds({ packet } as Arrived).includes('PTR'),
    );
    expect(heard).toEqual([]);
  });

  it('is told to all where one of them asks, unless the question wants it otherwise', async () => {
    await app.registry.register(sampleNode('greeter'), 60_000);
    const other = await stranger(port, true);
    await pause(700);
    const [answer, ...more] = await answersTo(member, ask('greeter.micro'));
    expect(more).toEqual([]);
    expect(answer?.packet).toMatchObject({ id: 0, questions: [] });
    const withPtr = (who: Stranger): number =>
      who.arrived.filter((each) => kinds(each).includes('PTR')).length;
    expect(withPtr(other)).toBe(1);
    const question = Buffer.from(
      '004d00000001000000000000' + '0767726565746572056d6963726f00' + '000c8001',
      'hex',
    );
    await member.send(question);
    // One socket of this machine gets it, whichever the system chooses.
    await until(() => withPtr(member) + withPtr(other) === 3);
    await other.close();
  });

  it('answers for its name and for the records of it, and for nothing else', async () => {
    const node = sampleNode('greeter');
    await app.registry.register(node, 60_000);
    const of = async (name: string, type: string, count = 1): Promise<string[][]> =>
      (await answersTo(loner, ask(name, type), count)).map(kinds);
    const name = `${node.id}.greeter.micro`;
    expect(await of(name, 'ANY')).toEqual([['SRV', 'A', 'TXT']]);
    expect(await of(name.toUpperCase(), 'SRV')).toEqual([['SRV', 'A']]);
    expect(await of(name, 'TXT')).toEqual([['TXT']]);
    expect(await of('greeter.micro', 'ANY')).toEqual([['PTR', 'SRV', 'A', 'TXT']]);
    expect(await of(name, 'PTR', 0)).toEqual([]);
    expect(await of('greeter.micro', 'A', 0)).toEqual([]);
    expect(await of('greeter.local', 'PTR', 0)).toEqual([]);
    expect(await of('other.micro', 'PTR', 0)).toEqual([]);
  });

  it('has its service in the list, once, with all that Go wants to see there', async () => {
    for (const each of [sampleNode('greeter'), sampleNode('greeter'), sampleNode('users')])
      await app.registry.register(each, 60_000);
    const answers = await answersTo(loner, ask('_services.micro'), 2);
    const listed = answers.map(({ packet }) =>
      packet.answers?.map((each) => 'data' in each && each.data),
    );
    for (const each of answers) expect(kinds(each)).toEqual(['PTR', 'SRV', 'A', 'TXT']);
    expect(listed.map((data) => data?.[0]).sort()).toEqual([
      'greeter._services.micro',
      'users._services.micro',
    ]);
    expect(listed[0]?.slice(1)).toMatchObject([{ port: 9999 }, '0.0.0.0', [Buffer.alloc(0)]]);
  });

  it('is not told to those who know it already', async () => {
    const node = sampleNode('greeter');
    await app.registry.register(node, 100_000);
    const data = `${node.id}.greeter.micro`;
    const knowing = (ttl: number): Packet =>
      ask('greeter.micro', 'PTR', { answers: [{ type: 'PTR', name: 'greeter.micro', ttl, data }] });
    expect(await answersTo(loner, knowing(51), 0)).toEqual([]);
    expect(await answersTo(loner, knowing(49))).toHaveLength(1);
  });

  it('expires when its heartbeat stops, and says so', async () => {
    await app.registry.register(sampleNode('greeter'), 300);
    await until(() => member.arrived.some((each) => ttls(each)[0] === 0));
    expect(await answersTo(loner, ask('greeter.micro'), 0)).toEqual([]);
  });

  it('takes leave when its plugin is closed', async () => {
    await app.registry.register(sampleNode('greeter'), 60_000);
    await app.close();
    await until(() => member.arrived.some((each) => ttls(each)[0] === 0));
  });

  it('is reported where another node has its id', async () => {
    const node = sampleNode('greeter');
    await app.registry.register(node, 60_000);
    const twin = open(port);
    await twin.registry.register({ ...node, address: '127.0.0.1:1' }, 60_000);
    await until(() => app.log.lines.length > 0);
    await pause(700);
    expect(app.log.lines).toMatchObject([{ fields: { id: node.id } }]);
    await twin.close();
  });

  it('leaves schemas out where they do not fit into a packet, then endpoints, and says so once', async () => {
    const random = (n: number): string =>
      Array.from({ length: n }, () => Math.random().toString(36).slice(2, 12)).join('');
    const base = sampleNode('greeter').endpoints[0] ?? fail();
    const large = sampleNode('large', {
      endpoints: [{ ...base, request: { title: random(1_000) } }],
    });
    const larger = sampleNode('larger', {
      endpoints: Array.from({ length: 1_000 }, () => ({ ...base, name: `Greeter.${random(1)}` })),
    });
    for (let i = 0; i < 2; i += 1)
      for (const node of [large, larger]) await app.registry.register(node, 60_000 + i);
    expect((await app.registry.lookup('large'))[0]?.endpoints).toEqual([base]);
    expect(await app.registry.lookup('larger')).toMatchObject([{ id: larger.id, endpoints: [] }]);
    expect(app.log.lines.map(({ message }) => message)).toEqual([
      'a record is too large for mdns and is told without its schemas',
      'a record is too large for mdns and is told without its endpoints',
    ]);
    expect(Math.max(...member.arrived.map(({ bytes }) => bytes))).toBeLessThanOrEqual(8_192);
    const metadata = { text: random(20_000) };
    const huge = app.registry.register(sampleNode('huge', { metadata }), 60_000);
    await expect(huge).rejects.toMatchObject({ code: 'resource_exhausted' });
  });

  it('may have an address or an id that DNS cannot hold', async () => {
    const addresses = [
      '_INBOX.x7',
      '[::1]:80',
      '[0:0::1]:81',
      'host.example:8080',
      '[fe80::1%lo]:1',
    ];
    for (const address of addresses) {
      const node = sampleNode('odd', { address, id: `${'x'.repeat(64)}-${address}` });
      await app.registry.register(node, 60_000);
      expect(await app.registry.lookup('odd')).toEqual([node]);
      await app.registry.deregister(node);
    }
  });
});

function fail(): never {
  throw new Error('nothing came');
}
