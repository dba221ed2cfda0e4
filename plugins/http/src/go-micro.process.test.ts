// Programs of go-micro v5.30.0 and of Micro call each other and send each other events.
import { setTimeout as pause } from 'node:timers/promises';
import { errorCodes } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';
import { eventually, until } from '@micro-ts/testing';
import { describeInNetwork, describeWithGo, Network } from './go-micro.test.fixture.ts';
import { Peers, report } from './go-micro.test.fixture.ts';
import type { Peer, Told } from './go-micro.test.fixture.ts';

jest.setTimeout(60_000);

const name = 'Jürgen 你好 🎉';

/** What a peer's error says. */
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => ({ answered: value }),
    (error: { told: Told }) => error.told,
  );

/** What `calls` tells, and what the other side saw of them. */
interface Figures {
  readonly answered: number;
  readonly wrong: number;
  readonly failed: readonly unknown[];
}
interface Seen {
  readonly calls: number;
  readonly twice: number;
  readonly connections: number;
  readonly mostOnOne: number;
  readonly mostAtOnce: number;
}

describeWithGo('go-micro calls Micro', () => {
  let peers: Peers;
  let go: Peer;
  let ts: Peer;

  beforeAll(async () => {
    peers = new Peers();
    [go, ts] = await Promise.all([peers.go(), peers.ts()]);
    const { nodes } = await ts.event('ready');
    for (const record of nodes as object[]) await go.do('register', { record });
  });
  afterAll(() => peers.close());

  const call = (endpoint: string, request?: unknown, options: object = {}): Promise<unknown> =>
    go.do('call', { service: 'ts', endpoint, request, options });

  it('and is answered', async () => {
    expect(await call('Greeter.Hello', { name })).toEqual({ message: `Hello ${name}` });
    const long = 'x'.repeat(1_000_000);
    expect(await call('Greeter.Hello', { name: long })).toEqual({ message: `Hello ${long}` });
  });

  it('without a body', async () => {
    expect(await call('Greeter.Context')).toEqual({ metadata: {}, request: {} });
  });

  it('by an address', async () => {
    const { address } = await ts.event('ready');
    const answer = await call('Greeter.Hello', { name }, { address });
    expect(answer).toEqual({ message: `Hello ${name}` });
  });

  it('with metadata, of which nothing is lost and nothing is added', async () => {
    const metadata = { 'X-Trace': 'a', tenant: name, Authorization: 'Bearer b' };
    expect(await call('Greeter.Context', {}, { metadata })).toMatchObject({
      metadata: { 'x-trace': 'a', tenant: name, authorization: 'Bearer b' },
    });
    expect(await call('Greeter.Context', {})).toEqual({ metadata: {}, request: {} });
  });

  it.each(Object.keys(errorCodes))('and gets the error %s as its own', async (code) => {
    const message = `no ${name}\n"twice"`;
    const detail = code === 'internal' ? expect.any(String) : message;
    const { micro } = errorCodes[code as ErrorCode];
    expect(await errorOf(call('Greeter.Fail', { code, message }))).toMatchObject({
      id: 'ts',
      code: micro,
      detail: detail as string,
      status: expect.stringMatching(/./) as string,
    });
  });

  it('and learns nothing of what went wrong inside', async () => {
    const error = await errorOf(call('Greeter.Fail', { code: 'none', message: 'hunter2' }));
    expect(error).toMatchObject({ id: 'ts', code: 500 });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it('and hears what is wrong with its call', async () => {
    const empty = call('Greeter.Hello', { name: '' });
    expect(await errorOf(empty)).toMatchObject({
      code: 400,
      detail: expect.stringMatching(/name/),
    });
    expect(await errorOf(call('Greeter.Nope', {}))).toMatchObject({ id: 'ts', code: 501 });
    const { address } = await ts.event('ready');
    const elsewhere = { service: 'nobody', endpoint: 'Greeter.Hello', options: { address } };
    expect(await errorOf(go.do('call', elsewhere))).toMatchObject({ code: 404 });
    const stream = go.do('stream', { service: 'ts', endpoint: 'Greeter.Count', request: {} });
    expect(await errorOf(stream)).toMatchObject({ code: 501, detail: /./ });
  });

  it('and its deadline ends the handler', async () => {
    const began = performance.now();
    const error = await errorOf(call('Greeter.Wait', {}, { timeout: 300 }));
    expect(error).toMatchObject({ code: 408 });
    const { timeLeft } = await ts.event('waiting');
    expect(timeLeft).toBeGreaterThan(0);
    expect(timeLeft).toBeLessThanOrEqual(300);
    // Go hangs up at the same moment: whichever is first.
    const { code } = await ts.event('aborted');
    expect(['deadline_exceeded', 'cancelled']).toContain(code);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('1,000 times one after the other and 5,000 times 64 at once, also after a pause', async () => {
    const load = async (count: number, width: number, prefix: string): Promise<void> => {
      await ts.do('seen');
      const began = performance.now();
      const figures = await go.do('calls', { service: 'ts', count, width, prefix });
      const rate = (count / (performance.now() - began)) * 1_000;
      const seen = (await ts.do('seen')) as Seen;
      report(
        `Go to Micro, ${width} at once: ${rate.toFixed(0)} calls/s, ${seen.connections} connections`,
      );
      expect(figures).toEqual({ answered: count, wrong: 0, failed: [] });
      expect(seen).toMatchObject({ calls: count, twice: 0 });
      expect(seen.connections).toBeLessThanOrEqual(width);
    };
    await load(1_000, 1, 'a');
    await load(5_000, 64, 'b');
    await pause(6_000);
    await load(500, 64, 'c');
  });
});

describeWithGo('Micro calls go-micro', () => {
  let peers: Peers;
  let go: Peer;
  let ts: Peer;
  let address: unknown;

  beforeAll(async () => {
    peers = new Peers();
    [go, ts] = await Promise.all([peers.go(), peers.ts()]);
    ({ address } = await go.event('ready'));
  });
  afterAll(() => peers.close());

  const call = (endpoint: string, request?: unknown, options: object = {}): Promise<unknown> =>
    ts.do('call', { service: 'go', endpoint, request, options: { address, ...options } });

  it('and is answered', async () => {
    expect(await call('Greeter.Hello', { name })).toEqual({ message: `Hello ${name}` });
    const long = 'x'.repeat(1_000_000);
    expect(await call('Greeter.Hello', { name: long })).toEqual({ message: `Hello ${long}` });
    expect(await call('Greeter.Hello')).toEqual({ message: 'Hello ' });
  });

  it('with metadata', async () => {
    const metadata = { 'x-trace': 'a', tenant: name };
    const answer = await call('Greeter.Context', {}, { metadata });
    expect(answer).toMatchObject({ metadata: { 'X-Trace': 'a', Tenant: name } });
    const nothing = (await call('Greeter.Context', {})) as { metadata: object };
    expect(Object.keys(nothing.metadata)).not.toContain('X-Trace');
  });

  it('and what go-micro passes on of it is what was given', async () => {
    const { nodes } = await ts.event('ready');
    for (const record of nodes as object[]) await go.do('register', { record });
    const metadata = { 'x-trace': 'a', tenant: name };
    expect(await call('Greeter.Relay', {}, { metadata })).toEqual({ metadata });
  });

  it.each([
    [400, 'invalid_argument'],
    [401, 'unauthenticated'],
    [403, 'permission_denied'],
    [404, 'not_found'],
    [408, 'deadline_exceeded'],
    [409, 'already_exists'],
    [418, 'invalid_argument'],
    [500, 'internal'],
    [503, 'unavailable'],
    [777, 'unknown'],
  ])('and gets the error %d as %s', async (code, expected) => {
    const detail = `no ${name} "twice"`;
    expect(await errorOf(call('Greeter.Fail', { id: 'some.id', code, detail }))).toMatchObject({
      code: expected,
      message: detail,
      origin: 'some.id',
      refused: false,
    });
  });

  it('and gets the text of a bare error', async () => {
    const error = errorOf(call('Greeter.Fail', { code: 0, detail: `no ${name}` }));
    expect(await error).toMatchObject({ code: 'unknown', message: `no ${name}` });
  });

  it('and hears what is wrong with its call', async () => {
    expect(await errorOf(call('Greeter.Nope', {}))).toMatchObject({
      code: 'unimplemented',
      message: "rpc: can't find method Nope",
      refused: true,
    });
    expect(await errorOf(call('Nope.Hello', {}))).toMatchObject({
      code: 'unimplemented',
      message: "rpc: can't find service Nope",
      refused: true,
    });
    expect(await errorOf(call('Greeter.Hello.Twice', {}))).toMatchObject({
      code: 'invalid_argument',
      message: 'rpc: service/endpoint request ill-formed: Greeter.Hello.Twice',
      refused: true,
    });
    expect(await errorOf(call('Greeter.Hello', { name: 7 }))).toMatchObject({
      message: expect.stringContaining('cannot unmarshal number') as string,
    });
    // The connections live on.
    expect(await call('Greeter.Hello', { name })).toEqual({ message: `Hello ${name}` });
  });

  it('and its deadline reaches the handler', async () => {
    const began = performance.now();
    const error = await errorOf(call('Greeter.Wait', { ms: 20_000 }, { timeout: 300 }));
    expect(error).toMatchObject({ code: 'deadline_exceeded' });
    expect(performance.now() - began).toBeLessThan(10_000);
    const { timeLeft } = await go.event('waiting');
    expect(timeLeft).toBeGreaterThan(0);
    expect(timeLeft).toBeLessThanOrEqual(300);
    expect(await go.event('aborted')).toMatchObject({ code: 'context deadline exceeded' });
  });

  it('1,000 times one after the other and 5,000 times 64 at once, also after a pause', async () => {
    const load = async (count: number, width: number, ms: number, prefix: string) => {
      await go.do('seen');
      const began = performance.now();
      const given = { service: 'go', count, width, prefix, request: { ms } };
      const figures = (await ts.do('calls', {
        ...given,
        options: { address, retries: 0 },
      })) as Figures;
      const rate = (count / (performance.now() - began)) * 1_000;
      const seen = (await go.do('seen')) as Seen;
      report(
        `Micro to Go, ${width} at once: ${rate.toFixed(0)} calls/s, ${seen.connections} connections`,
      );
      // A second call on a connection, before the first one is answered, would be swallowed. go-micro
      // does that to one of some 60,000 that come right after an answer too, also over a bare socket:
      // it puts the old call away when its answer is out.
      const swallowed = figures.failed.length;
      expect(swallowed).toBeLessThanOrEqual(1);
      expect(figures).toMatchObject({ answered: count - swallowed, wrong: 0 });
      for (const failed of figures.failed)
        expect(failed).toMatchObject({ code: 'deadline_exceeded' });
      expect(seen).toMatchObject({ calls: count - swallowed, twice: 0, mostOnOne: 1 });
      return seen;
    };
    await load(1_000, 1, 0, 'a');
    await load(5_000, 64, 0, 'b');
    expect((await load(320, 64, 100, 'c')).mostAtOnce).toBeGreaterThan(16);
    await pause(6_000);
    await load(500, 64, 0, 'd');
  });

  it('and leaves no error in the log of go-micro, which was asked for frames', () => {
    expect(go.log).toContain('Registering node');
    expect(go.log).not.toMatch(/level=(ERROR|WARN|FATAL)|panic/);
  });
});

/** Copies the records of subscriptions from the registry of one to that of another. */
async function introduce(from: Peer, to: Peer): Promise<void> {
  const records = await from.do('lookup', { service: 'micro.http.broker' });
  for (const record of records as object[]) await to.do('register', { record });
}

const topic = 'user.created';

/** Values of the events that a peer was delivered. */
const delivered = ({ events }: Peer): unknown[] =>
  events.filter(({ event }) => event === 'delivered').map(({ value }) => value);

describeWithGo('events, over the http broker', () => {
  let peers: Peers;
  let go: Peer;
  let ts: Peer;
  let queue: readonly Peer[];

  beforeAll(async () => {
    peers = new Peers();
    const args = ['-topic', topic];
    go = await peers.go(...args);
    ts = await peers.ts();
    queue = [
      await peers.go(...args, '-queue', 'goers'),
      await peers.go(...args, '-queue', 'goers'),
    ];
    await ts.do('subscribe', { topic });
    await introduce(ts, go);
    for (const peer of queue) await introduce(peer, go);
    await introduce(go, ts);
  });
  afterAll(() => peers.close());
  beforeEach(() => {
    for (const { events } of [go, ts, ...queue]) events.length = 0;
  });

  const metadata = { 'X-Trace': name };
  const inQueue = (): unknown[] => queue.flatMap(delivered);
  const all = (): number => delivered(go).length + delivered(ts).length + inQueue().length;

  it('reach all that go-micro finds', async () => {
    await go.do('publish', { topic, event: { name }, options: { metadata } });
    await until(() => all() === 3);
    expect([delivered(ts), delivered(go), inQueue()]).toEqual([[{ name }], [{ name }], [{ name }]]);
    const { metadata: arrived } = await ts.event('delivered');
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
    expect(arrived).toEqual({ 'x-trace': name, 'micro-id': id });
  });

  it('reach all that Micro finds', async () => {
    const own = { ...metadata, 'Micro-Id': 'event 1' };
    await ts.do('publish', { topic, event: { name }, options: { metadata: own } });
    await until(() => all() === 3);
    expect([delivered(ts), delivered(go), inQueue()]).toEqual([[{ name }], [{ name }], [{ name }]]);
    const { metadata: arrived } = await go.event('delivered');
    expect(arrived).toMatchObject({ 'X-Trace': name, 'Micro-Topic': topic });
    expect(arrived).toMatchObject({ 'Micro-ID': 'event 1' });
    expect(arrived).toMatchObject({ 'Content-Type': 'application/json' });
  });

  it('arrive once each, one of a queue at a time', async () => {
    const events = Array.from({ length: 50 }, (_, n) => ({ n: n + 1 }));
    for (const event of events) await ts.do('publish', { topic, event });
    for (const event of events) await go.do('publish', { topic, event });
    await until(() => all() >= 300);
    await pause(200);
    const numbers = (values: unknown[]): number[] =>
      values.map((value) => (value as { n: number }).n).sort((a, b) => a - b);
    const twice = events.flatMap(({ n }) => [n, n]);
    expect(numbers(delivered(ts))).toEqual(twice);
    expect(numbers(delivered(go))).toEqual(twice);
    expect(numbers(inQueue())).toEqual(twice);
    for (const peer of queue) expect(delivered(peer).length).toBeGreaterThan(0);
  });
});

describeInNetwork('both in one network, with mdns', () => {
  let network: Network;
  let peers: Peers;
  let go: Peer;
  let ts: Peer;

  beforeAll(async () => {
    network = await Network.open();
    peers = new Peers(network.within);
    [go, ts] = await Promise.all([peers.go('-mdns', '-topic', topic), peers.ts('--mdns')]);
  });
  afterAll(async () => {
    await peers?.close();
    network?.close();
  });

  const namesOf = async (peer: Peer): Promise<unknown> =>
    [...((await peer.do('list')) as string[])].sort();
  const idsOf = async (peer: Peer, service: string): Promise<readonly string[]> => {
    const records = (await peer.do('lookup', { service })) as { nodes: { id: string }[] }[];
    return records.flatMap(({ nodes }) => nodes.map(({ id }) => id)).sort();
  };

  it('list the same services', async () => {
    const services = ['go', 'micro.http.broker', 'ts'];
    for (const peer of [ts, go]) {
      // Answers to multicast come late on a busy machine.
      await eventually(async () => expect(await namesOf(peer)).toEqual(services));
    }
  });

  it.each(['go', 'ts'])('read the same record of %s', async (service) => {
    const lookup = (peer: Peer): Promise<unknown> => peer.do('lookup', { service });
    const node = { id: expect.stringMatching(/-/) as string };
    const [ours, theirs] = await eventually(async () => {
      const both = await Promise.all([lookup(ts), lookup(go)]);
      for (const found of both) expect(found).toMatchObject([{ name: service, nodes: [node] }]);
      return both;
    });
    expect(ours).toEqual(theirs);
  });

  it('call each other by name', async () => {
    const hello = { endpoint: 'Greeter.Hello', request: { name } };
    const answer = { message: `Hello ${name}` };
    const call = (): Promise<unknown> => go.do('call', { service: 'ts', ...hello });
    expect(await eventually(call)).toEqual(answer);
    expect(await ts.do('call', { service: 'go', ...hello })).toEqual(answer);
    const relay = { service: 'go', endpoint: 'Greeter.Relay', request: {} };
    expect(await ts.do('call', relay)).toEqual({ metadata: {} });
  });

  it('know streams from their records, and hear that HTTP has none', async () => {
    const call = ts.do('call', { service: 'go', endpoint: 'Greeter.Count', request: [{}] });
    expect(await errorOf(call)).toMatchObject({ code: 'unimplemented' });
  });

  it('send each other events', async () => {
    await ts.do('subscribe', { topic });
    await until(async () => {
      return (await idsOf(go, 'micro.http.broker')).length === 2;
    });
    await go.do('publish', { topic, event: { name: 'go' } });
    await ts.do('publish', { topic, event: { name: 'ts' } });
    const both = [{ name: 'go' }, { name: 'ts' }];
    for (const peer of [go, ts]) {
      await until(() => delivered(peer).length === 2);
      expect(delivered(peer)).toEqual(expect.arrayContaining(both));
    }
  });

  it('see each other come and take leave', async () => {
    await Promise.all([go.do('watch', { service: 'ts' }), ts.do('watch', { service: 'go' })]);
    await pause(300); // go-micro does not say when it listens
    const [goer, other] = await Promise.all([peers.go('-mdns'), peers.ts('--mdns')]);
    const { nodes } = await other.event('ready');
    const [record] = nodes as { nodes: { id: string }[] }[];
    const id = record?.nodes[0]?.id;
    await go.event('watched', (told) => told['id'] === id && told['action'] === 'create');
    const ids = ({ ids: all }: Told): readonly string[] => all as string[];
    await ts.event('watched', (told) => ids(told).length === 2);
    ts.events.length = 0;
    await Promise.all([goer.do('close'), other.do('close')]);
    await go.event('watched', (told) => told['id'] === id && told['action'] === 'delete');
    await ts.event('watched', (told) => ids(told).length === 1);
    expect(await idsOf(go, 'ts')).not.toContain(id);
  });

  it('nodes of Micro are restarted under the calls of go-micro, and none is lost', async () => {
    let [old, young] = [ts, await peers.ts('--mdns')];
    await until(async () => (await idsOf(go, 'ts')).length === 2);
    const count = 6_000;
    const given = { service: 'ts', count, width: 16, prefix: 'r', request: { ms: 10 } };
    const load = go.do('calls', given);
    let running = true;
    void load.finally(() => (running = false)).catch(() => undefined);
    let restarts = 0;
    while (running) {
      const next = await peers.ts('--mdns');
      await old.do('close');
      [old, young] = [young, next];
      restarts++;
    }
    const figures = (await load) as Figures;
    report(`${restarts} restarts under ${count} calls of Go: ${figures.failed.length} failed`);
    expect(figures).toEqual({ answered: count, wrong: 0, failed: [] });
    ts = young;
  });
});
