import { until } from '@micro-ts/testing';
import { createApp, Handler, Inject, Publisher, Service } from 'micro-ts';
import type { App } from 'micro-ts';
import * as v from 'valibot';
import { permissions } from './command.ts';
import type { CommandContext } from './command.ts';
import { createCommands } from './commands.ts';
import { isMisuse } from './misuse.ts';
import type { Output } from './output.ts';
import { serviceCommands } from './service-commands.ts';
import { durationOf } from './stats.ts';

const hello = v.object({ name: v.string(), n: v.optional(v.number()) });

@Service('greeter', { version: '1.0.0' })
class Greeter {
  constructor(@Inject(Publisher) private readonly events: Publisher) {}

  @Handler({ request: hello })
  async hello({ name }: v.InferOutput<typeof hello>): Promise<{ message: string }> {
    await this.events.publish('greeted', { name });
    return { message: `Hello ${name}` };
  }

  @Handler()
  async *count({ from = 2 }: { from?: number }): AsyncIterable<{ n: number }> {
    for (let n = from; n > 0; n--) yield { n };
  }

  @Handler({ stream: 'client' })
  async sum(numbers: AsyncIterable<{ n: number }>): Promise<{ sum: number }> {
    let sum = 0;
    for await (const { n } of numbers) sum += n;
    return { sum };
  }
}

const commands = createCommands(serviceCommands);
const memory = {
  registry: 'memory',
  transport: 'memory',
  broker: 'memory',
  log: 'silent',
} as const;
let app: App;
beforeAll(async () => {
  app = await createApp(memory, [Greeter]);
});
afterAll(() => app.close());

async function give(
  line: string,
  input: object,
  context: Partial<CommandContext> = {},
): Promise<readonly Output[]> {
  const found = commands.find([line]);
  if (found === undefined || 'load' in found.entry) throw new Error(`no command ${line}`);
  const own = { micro: app, permissions, signal: new AbortController().signal, ...context };
  const answers: Output[] = [];
  for await (const each of commands.run(found.entry, input, own)) answers.push(each);
  return answers;
}

const texts = (outputs: readonly Output[]): string => outputs.map(({ text }) => text).join('\n');

async function* pipeOf(...parts: readonly string[]): AsyncIterable<string> {
  yield* parts;
}

describe('commands of a running system', () => {
  it('list and get print what they always have', async () => {
    expect(texts(await give('list', {}))).toBe('greeter');
    const [node] = app.nodes;
    const [, host, port] = /^(.*):(\d+)$/.exec(node?.address ?? '') ?? [
      undefined,
      node?.address,
      '',
    ];
    const labels = Object.entries(node?.metadata ?? {}).map(([key, value]) => `${key}=${value}`);
    const [got] = await give('get', { service: 'greeter' });
    expect(got?.text).toBe(
      [
        'service  greeter',
        '',
        'version 1.0.0',
        '',
        'Id\tAddress\tPort\tMetadata',
        `${node?.id}\t${host}\t${port}\t${labels.join(',')}`,
        '',
        'Endpoint: Greeter.Hello',
        '',
        'Request: {\n\tname string\n\tn float64\n}',
        '',
        'Response: {}',
        '',
        'Endpoint: Greeter.Count',
        'Metadata: stream=true,stream-kind=server',
        '',
        'Request: {}',
        '',
        'Response: {}',
        '',
        'Endpoint: Greeter.Sum',
        'Metadata: stream=true,stream-kind=client',
        '',
        'Request: {}',
        '',
        'Response: {}',
      ].join('\n'),
    );
  });

  it('health and stats ask every node, and say which does not answer', async () => {
    const away = { id: 'away-1', service: 'greeter', version: '2', address: 'nowhere' };
    const held = await app.register({ ...away, metadata: {}, endpoints: [] });
    const [health] = await give('health', { service: 'greeter' });
    expect(health?.failed).toBe(true);
    expect(health?.text).toMatch(
      /^service {2}greeter\n\nversion 1\.0\.0\n\nnode\t\taddress:port\t\tstatus\n\S+\t\t\S+\t\tok\n\nversion 2\n\nnode\t\taddress:port\t\tstatus\naway-1\t\tnowhere\t\t\S.+$/,
    );
    const [stats] = await give('stats', { service: 'greeter' });
    expect(stats?.text).toMatch(
      /node\t\taddress:port\t\tstarted\tuptime\tmemory\tthreads\tgc\n\S+\t\t\S+\t\t[A-Z][a-z]{2} \d+ \d\d:\d\d:\d\d\t\d+s\t[\d.]+mb\t1\t0s\n/,
    );
    expect(stats?.text).toMatch(/away-1\t\tnowhere\t\t\t\t\t\t$/);
    await held.close();
    const [well] = await give('health', { service: 'greeter' });
    expect(well?.failed).toBe(false);
  });

  it.each(['Greeter.Hello', 'greeter.hello', 'Greeter/Hello', 'hello', 'HELLO'])(
    'call takes %s for the endpoint',
    async (endpoint) => {
      const [answer] = await give('call', {
        service: 'greeter',
        endpoint,
        fields: { name: ['7'] },
      });
      expect(answer).toMatchObject({ json: '{"message":"Hello 7"}' });
    },
  );

  it('call takes JSON, words of it, and a pipe', async () => {
    const at = { service: 'greeter', endpoint: 'hello' };
    const request = ['{"name":', '"A B"}'];
    expect(texts(await give('call', { ...at, request }))).toBe('{\n\t"message": "Hello A B"\n}');
    const pipe = pipeOf('{"na', 'me":"Pi"}\n');
    expect(texts(await give('call', at, { pipe }))).toContain('Hello Pi');
    expect(
      texts(await give('call', { ...at, request: ['-'] }, { pipe: pipeOf('{"name":"x"}') })),
    ).toContain('Hello x');
  });

  it('call says which endpoint was probably meant', async () => {
    const mistyped = give('call', { service: 'greeter', endpoint: 'Greeter.Hell', request: [] });
    await expect(mistyped).rejects.toMatchObject({
      code: 'unimplemented',
      message: expect.stringMatching(/Hell\. Did you mean Greeter\.Hello\?$/) as unknown,
    });
  });

  it('stream gives each answer, and takes a line of the pipe for each message', async () => {
    const counted = await give('stream', {
      service: 'greeter',
      endpoint: 'count',
      fields: { from: ['3'] },
    });
    expect(counted.map(({ json }) => json)).toEqual(['{"n":3}', '{"n":2}', '{"n":1}']);
    const pipe = pipeOf('{"n":1}\n{"n"', ':20}\n\n{"n":300}');
    const [sum] = await give('stream', { service: 'greeter', endpoint: 'sum' }, { pipe });
    expect(sum?.json).toBe('{"sum":321}');
  });

  it.each([
    [{ service: 'greter', endpoint: 'hello' }, 'not_found', 'Did you mean greeter?'],
    [{ service: 'greeter', endpoint: 'helo' }, 'not_found', 'Did you mean hello?'],
    [{ service: 'greeter', endpoint: 'zzz' }, 'not_found', 'It has Greeter.Hello'],
    [{ service: 'greeter' }, 'invalid_argument', 'require service and method'],
    [{ service: 'greeter', endpoint: 'hello', request: ['{'] }, 'invalid_argument', 'is no JSON'],
    [{ service: 'greeter', endpoint: 'hello', timeout: 'soon' }, 'invalid_argument', '500ms, 2s'],
    [{ service: 'greeter', endpoint: 'hello', metadata: ['x'] }, 'invalid_argument', 'name=value'],
    [
      { service: 'greeter', endpoint: 'hello' },
      'invalid_argument',
      'error calling greeter.Greeter.Hello: name',
    ],
    [{ service: 'greeter', endpoint: 'No.Such' }, 'unimplemented', 'error calling greeter.No.Such'],
  ])('call says what is wrong with %j', async (input, code, message) => {
    const failing = give('call', input);
    await expect(failing).rejects.toThrow(
      message.replace('Did you mean hello', 'Did you mean Hello'),
    );
    await expect(failing).rejects.toMatchObject({ code });
  });

  it('subscribe shows events with all their digits, until it has enough', async () => {
    const notes: string[] = [];
    const shown = give(
      'subscribe',
      { topic: 'greeted', count: '2' },
      { note: (each) => notes.push(each) },
    );
    while (notes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const fields = { id: ['12345678901234567890'], 'who.name': ['Ann'] };
    await give('publish', { topic: 'greeted', fields, metadata: ['tenant=acme'] });
    await give('call', { service: 'greeter', endpoint: 'hello', fields: { name: ['Bob'] } });
    const [first, second] = await shown;
    expect(first?.text).toBe('{"id":12345678901234567890,"who":{"name":"Ann"}}');
    expect(first?.json).toMatch(
      /^\{"topic":"greeted",.*"tenant":"acme".*"event":\{"id":12345678901234567890,/,
    );
    expect(second?.text).toBe('{"name":"Bob"}');
  });

  it('subscribe leaves to others what was not shown, where the broker keeps it', async () => {
    const ending = new AbortController();
    const notes: string[] = [];
    const note = (line: string): void => void notes.push(line);
    const own = { micro: app, permissions, signal: ending.signal, note };
    const input = { topic: 'kept', queue: 'all', delivery: 'at-least-once' };
    const found = commands.find(['subscribe']);
    if (found === undefined || 'load' in found.entry) throw new Error('no subscribe');
    const first = commands.run(found.entry, input, own)[Symbol.asyncIterator]();
    const shown = first.next();
    await until(() => notes.length === 1);
    for (const n of [1, 2, 3]) await give('publish', { topic: 'kept', event: [`{"n":${n}}`] });
    expect((await shown).value).toMatchObject({ text: '{"n":1}', data: { attempt: 1 } });
    expect((await first.next()).value).toMatchObject({ text: '{"n":2}' }); // 1 is acknowledged
    await first.return?.(); // it could not be shown
    const rest = await give('subscribe', { ...input, count: 2 });
    const told = rest.map(({ text, data }) => `${text} ${(data as { attempt: number }).attempt}`);
    expect(told.sort()).toEqual(['{"n":2} 2', '{"n":3} 1']);
  });

  it('subscribe asks for nothing that the broker cannot promise', async () => {
    const plain = await createApp({ ...memory, broker: 'http' });
    const kept = { topic: 'kept', delivery: 'at-least-once' };
    await expect(give('subscribe', kept, { micro: plain })).rejects.toThrow(
      'http does not support delivery at-least-once, which kept asks for',
    );
    await plain.close();
    await expect(give('subscribe', { ...kept, delivery: 'surely' })).rejects.toThrow(
      'delivery: should be at-most-once or at-least-once',
    );
  });

  it.each([
    [{}, 'require topic and message, such as user.created --name Ann'],
    [{ topic: 'greeted' }, 'require topic and message, such as user.created --name Ann'],
    [{ topic: 'greeted', event: ['hello'] }, 'is not valid JSON. Write members as --name value'],
  ])('publish says what is wrong with %j', async (input, message) => {
    const refused = give('publish', input, { pipe: pipeOf('') });
    await expect(refused).rejects.toThrow(message);
  });

  it('subscribe ends when nobody wants more', async () => {
    const ending = new AbortController();
    const note = (): void => ending.abort();
    expect(await give('subscribe', { topic: 'none' }, { signal: ending.signal, note })).toEqual([]);
  });

  it('register holds a record until it is ended; deregister removes one', async () => {
    const record = ['{"name":"old","nodes":[{"id":"old-1","address":"10.0.0.1",', '"port":80}]}'];
    const ending = new AbortController();
    let noted: (() => void) | undefined;
    const there = new Promise<void>((resolve) => (noted = resolve));
    const held = give('register', { record }, { signal: ending.signal, note: () => noted?.() });
    await there;
    expect((await app.lookup('old')).map(({ address }) => address)).toEqual(['10.0.0.1:80']);
    ending.abort();
    expect(texts(await held)).toBe('ok');
    expect(await app.list()).toEqual(['greeter']);
    expect(texts(await give('deregister', { record }))).toBe('ok');
    await expect(give('register', { record: ['{"name":1}'] })).rejects.toThrow('Write it as');
    await expect(give('register', {})).rejects.toThrow('require service definition');
  });

  it.each([
    ['{"id":"x-1"}', 'x-1 has no address'],
    ['{"id":"x-1","address":"nonsense"}', 'x-1 is at "nonsense", where nobody could call it'],
    ['{"id":"x-1","address":"127.0.0.1:0"}', 'x-1 is at "127.0.0.1:0"'],
    ['{"id":"x-1","address":"127.0.0.1:80-90"}', 'x-1 is at "127.0.0.1:80-90"'],
    ['{"id":"x-1","address":"","metadata":{"transport":"nats"}}', 'x-1 has no address'],
  ])('register refuses what nobody could call: %s', async (node, message) => {
    const refused = give('register', { record: [`{"name":"x","nodes":[${node}]}`] });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(/Write host:port: '\{"name"/);
    expect(await refused.catch(isMisuse)).toBe(true);
    expect(await app.lookup('x')).toEqual([]);
  });

  it('register takes what a bus calls an address, and deregister whatever was left behind', async () => {
    const ending = new AbortController();
    const bus =
      '{"name":"x","nodes":[{"id":"x-1","address":"x.a","metadata":{"transport":"nats"}}]}';
    const own = { signal: ending.signal, note: () => ending.abort() };
    expect(texts(await give('register', { record: [bus] }, own))).toBe('ok');
    const left = { id: 'x-2', service: 'x', version: '', address: '', metadata: {}, endpoints: [] };
    await app.register(left);
    const record = ['{"name":"x","nodes":[{"id":"x-2"}]}'];
    expect(texts(await give('deregister', { record }))).toBe('ok');
    expect(await app.lookup('x')).toEqual([]);
  });

  it('writes durations as Go does', () => {
    expect([0, 999, 1_500, 2_500_000, 1e9, 61.5e9, 3_600e9, 3_661e9].map(durationOf)).toEqual([
      ...['0s', '999ns', '1.5µs', '2.5ms', '1s', '1m1.5s', '1h0m0s', '1h1m1s'],
    ]);
  });
});
