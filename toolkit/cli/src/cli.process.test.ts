import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { World } from './cli.test.fixture.ts';
import type { Running } from './cli.test.fixture.ts';

const world = new World();
let greeter: Running;
beforeAll(async () => {
  greeter = await world.greeter();
}, 90_000);
afterAll(() => world.close());

describe('micro', () => {
  it('looks and calls, for people and for programs', async () => {
    expect(await world.micro('list')).toEqual({ code: 0, out: 'greeter\n', err: '' });
    const got = await world.micro('get greeter --output json');
    expect(JSON.parse(got.out)).toMatchObject({
      service: 'greeter',
      nodes: [{ version: '1.0.0' }],
    });
    expect(await world.micro("call greeter hello --name 'A B'")).toEqual({
      code: 0,
      out: '{\n\t"message": "Hello A B"\n}\n',
      err: '',
    });
    const piped = await world.micro('greeter hello -o json', { input: '{"name":"Pipe"}' });
    expect(piped).toEqual({ code: 0, out: '{"message":"Hello Pipe"}\n', err: '' });
    const { out } = await world.micro('stream greeter countdown --from 2 --output json');
    expect(out).toBe('{"n":2}\n{"n":1}\n');
  }, 120_000);

  it('measures what it can call, said in the same words', async () => {
    const line = 'bench greeter hello --name Ann --timeout 500ms --duration 200ms --warmup 0';
    const { code, out } = await world.micro(`${line} --output json`);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ endpoint: 'Greeter.Hello', errors: {} });
  }, 60_000);

  it.each([
    ["call greeter hello --name ''", 1, 'error calling greeter.Greeter.Hello: name'],
    ['call greeter hello --name', 2, '--name needs a value'],
    ['call nobody hello', 1, 'Service not found: nobody'],
    ["call greeter hello '{'", 2, 'the request is no JSON'],
    ['call greeter hello --nme x', 2, 'Did you mean name?'],
    ['lsit', 2, 'Did you mean list?'],
    ['list --nope', 2, "unknown option '--nope'"],
    ['list --registy etcd', 2, "unknown option '--registy'. Did you mean --registry?"],
    ['top --evry 1s', 2, 'Did you mean --every?'],
    ['--outptu json list', 2, 'Did you mean --output?'],
    ['list a', 2, 'there is a word too many: a'],
    ['list --output xml', 2, 'Allowed choices are text, json, table, yaml'],
    ['list --registry nowhere', 2, 'there is no plugin "nowhere"'],
    ['sidecar --server_name x', 2, 'Require server address'],
    ['bot', 2, 'bot is no command, and no service is called so'],
    ['web', 2, 'web is no command, and no service is called so'],
  ])(
    '%s ends with %d and one clear line',
    async (line, code, message) => {
      const done = await world.micro(line);
      expect(done).toMatchObject({ code, out: '' });
      expect(done.err).toMatch(/^micro: .+\n( {2}.+\n)?$/);
      expect(done.err).toContain(message);
    },
    60_000,
  );

  it('tells errors as JSON to those who want that, on lines that make no sense too', async () => {
    for (const line of [
      'list --nope -o json',
      '--output=json lsit',
      'call greeter hello -o json',
    ]) {
      const { code, out, err } = await world.micro(line, { input: '{' });
      expect(code).toBe(2);
      expect(out).toBe('');
      expect(JSON.parse(err)).toMatchObject({ error: { code: 'invalid_argument' } });
    }
  }, 60_000);

  it('takes whatever is thrown at it', async () => {
    const garbage = ['\u0000', '{"name":' + '['.repeat(10_000), '\ud83d', '--', '{"name":1e999}'];
    for (const input of garbage) {
      const { code, err } = await world.micro('call greeter hello -', { input });
      expect([1, 2]).toContain(code);
      expect(err).not.toMatch(/\n {4}at /);
    }
    const pollution = await world.micro('call greeter hello --__proto__.polluted yes --name x');
    expect(pollution.code).toBe(2);
  }, 180_000);

  it('gives up in time where the registry is away, or hangs', async () => {
    const refused = await world.micro('list --registry etcd --registry-address 127.0.0.1:1');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('etcd at 127.0.0.1:1');
    const hanging = createServer(() => undefined);
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const { port } = hanging.address() as AddressInfo;
    const began = performance.now();
    const late = await world.micro(`list --registry etcd --registry-address 127.0.0.1:${port}`);
    expect(late).toMatchObject({ code: 1, out: '' });
    expect(performance.now() - began).toBeLessThan(30_000);
    const stuck = world.start([
      'list',
      '--registry',
      'etcd',
      '--registry-address',
      `127.0.0.1:${port}`,
    ]);
    await new Promise((resolve) => hanging.once('connection', resolve));
    stuck.child.kill('SIGINT');
    expect(await stuck.ended).toBe(130);
    hanging.close();
  }, 90_000);

  it('is quiet when its reader has had enough', async () => {
    const { out, err } = await shell('micro stream greeter countdown --from 9 -o json | head -1');
    expect({ out, err }).toEqual({ out: '{"n":9}\n', err: '' });
  }, 60_000);

  it('says that the service died in the middle of a stream', async () => {
    const other = new World();
    const dying = await other.greeter();
    const streaming = other.start(['stream', 'greeter', 'countdown', '--from', '50']);
    await streaming.prints(/"n": 49/);
    dying.child.kill('SIGKILL');
    expect(await streaming.ended).toBe(1);
    expect(streaming.output.err).toMatch(/^micro: error calling greeter\.Greeter\.Countdown: .+/);
    other.close();
  }, 120_000);
});

describe('micro subscribe', () => {
  it('prints events until Ctrl-C, which is how it ends well', async () => {
    const subscribed = world.start(['subscribe', 'greeter.greeted', '--output', 'json']);
    await subscribed.prints(/subscribed to greeter\.greeted/);
    await world.micro('publish greeter.greeted \'{"id":12345678901234567890}\'');
    await subscribed.prints(/"event":\{"id":12345678901234567890\}\}\n/);
    subscribed.child.kill('SIGINT');
    expect(await subscribed.ended).toBe(0);
    expect((await world.micro('list')).out).toBe('greeter\n');
  }, 120_000);
});

describe('micro register', () => {
  it('holds a record until SIGTERM', async () => {
    const record = '{"name":"legacy","nodes":[{"id":"legacy-1","address":"127.0.0.1:9"}]}';
    const held = world.start(['register', 'service', record]);
    await held.prints(/registered legacy-1/);
    expect((await world.micro('list')).out).toBe('greeter\nlegacy\n');
    held.child.kill('SIGTERM');
    expect(await held.ended).toBe(0);
    expect(held.output.out).toBe('ok\n');
    expect((await world.micro('list')).out).toBe('greeter\n');
  }, 120_000);
});

describe('micro --proxy', () => {
  const token = 'a-token-that-nobody-guesses';
  let sidecar: Running;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    sidecar = await world.sidecar({ MICRO_SIDECAR_TOKEN: token });
    const address = await sidecar.prints(/listens on (?:http:\/\/)?(127\.0\.0\.1:\d+)/);
    // The registry of this process is not that of the sidecar: all goes through it.
    const elsewhere = join(world.folder, 'elsewhere');
    env = {
      MICRO_PROXY_ADDRESS: address,
      MICRO_TOKEN: token,
      MICRO_REGISTRY_ADDRESS: elsewhere,
    };
  }, 90_000);

  it('asks, calls and streams through a sidecar', async () => {
    expect(await world.micro('list', { env })).toEqual({ code: 0, out: 'greeter\n', err: '' });
    const called = await world.micro('call greeter hello --name Ann -o json', { env });
    expect(called).toEqual({ code: 0, out: '{"message":"Hello Ann"}\n', err: '' });
    const streamed = await world.micro('stream greeter countdown --from 2 -o json', { env });
    expect(streamed).toEqual({ code: 0, out: '{"n":2}\n{"n":1}\n', err: '' });
    const refused = await world.micro("call greeter hello --name ''", { env });
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain('error calling greeter.Greeter.Hello: name');
    const health = await world.micro('health greeter', { env });
    expect(health.out).toMatch(/\t\tok\n$/);
  }, 180_000);

  it('subscribes and publishes, with all digits', async () => {
    const subscribed = world.start(['subscribe', 'proxied', '--count', '1'], { env });
    await subscribed.prints(/subscribed to proxied/);
    await world.micro('publish proxied --id 12345678901234567890', { env });
    expect(await subscribed.ended).toBe(0);
    expect(subscribed.output.out).toBe('{"id":12345678901234567890}\n');
  }, 120_000);

  it('says whom the sidecar waits for, before it registers them', async () => {
    const app = createServer();
    const listen = (port: number) =>
      new Promise<void>((resolve) => app.listen(port, '127.0.0.1', resolve));
    await listen(0);
    const { port } = app.address() as AddressInfo;
    await new Promise((resolve) => app.close(resolve));
    const record = `{"name":"late","nodes":[{"id":"late-1","address":"127.0.0.1:${port}"}]}`;
    const held = world.start(['register', record], { env });
    await held.prints(/late-1 waits: connect ECONNREFUSED \S+; registered as soon as it answers/);
    expect((await world.micro('list', { env })).out).toBe('greeter\n');
    await listen(port);
    let out = '';
    for (let tries = 0; tries < 10 && !out.includes('late'); tries++)
      ({ out } = await world.micro('list', { env }));
    expect(out).toBe('greeter\nlate\n');
    const well = world.start(['register', record], { env });
    await well.prints(/registered late-1 until this command is ended/);
    for (const each of [well, held]) each.child.kill('SIGTERM');
    expect([await well.ended, await held.ended]).toEqual([0, 0]);
    expect(held.output.err).not.toContain('registered late-1');
    expect((await world.micro('list', { env })).out).toBe('greeter\n');
    app.close();
  }, 120_000);

  it('shows its token to the sidecar, and to nobody else', async () => {
    const wrong = await world.micro('list', { env: { ...env, MICRO_TOKEN: 'wrong-token' } });
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('the sidecar wants its token');
    const away = await world.micro('list', { env: { ...env, MICRO_PROXY_ADDRESS: '127.0.0.1:9' } });
    expect(away).toMatchObject({ code: 1, out: '' });
    expect(away.err).toContain('no sidecar answers at 127.0.0.1:9');
    for (const { err } of [wrong, away]) expect(err).not.toMatch(/wrong-token|nobody-guesses/);
  }, 90_000);

  it('is served by an app that drains on SIGTERM', async () => {
    sidecar.child.kill('SIGTERM');
    expect(await sidecar.ended).toBe(0);
    expect(greeter.child.exitCode).toBeNull();
  }, 60_000);
});

describe('micro shell', () => {
  it('takes a script, and tells by its code that a line failed', async () => {
    const input = 'list\ncall greeter hello {"name": "A B"}\nnope\nexit\nlist\n';
    const done = await world.micro('shell --output json', { input });
    expect(done.out).toBe('["greeter"]\n{"message":"Hello A B"}\n');
    expect(done.code).toBe(2);
  }, 60_000);

  it('completes from what is registered', async () => {
    const complete = async (...words: string[]): Promise<readonly string[]> => {
      const running = world.start(['__complete', ...words]);
      running.child.stdin.end();
      await running.ended;
      return running.output.out.split('\n').filter((each) => each !== '');
    };
    expect(await complete('gr')).toEqual(['greeter']);
    expect(await complete('call', 'greeter', '')).toEqual(['Greeter.Countdown', 'Greeter.Hello']);
    expect(await complete('call', 'greeter', 'he')).toEqual(['hello']);
    expect(await complete('greeter', 'HE')).toEqual(['hello']);
    expect(await complete('call', 'greeter', 'greeter.')).toEqual([
      ...['Greeter.Countdown', 'Greeter.Hello'],
    ]);
    expect(await complete('call', 'greeter', 'hello', '--n')).toEqual(['--name']);
    expect(await complete('list', '--output', 'j')).toEqual(['json']);
    expect(await complete('get', "$(touch 'x')")).toEqual([]);
  }, 120_000);
});

/** A line of `sh`, in which `micro` is ours. */
function shell(line: string): Promise<{ readonly out: string; readonly err: string }> {
  const { spawnargs } = world.start(['--version']).child;
  const micro = spawnargs
    .slice(0, -1)
    .map((word) => `'${word}'`)
    .join(' ');
  const child = spawn('sh', ['-c', line.replace('micro', micro)], {
    env: { ...process.env, MICRO_REGISTRY_ADDRESS: join(world.folder, 'nodes') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout.on('data', (text) => (output.out += String(text)));
  child.stderr.on('data', (text) => (output.err += String(text)));
  return new Promise((resolve) => child.once('close', () => resolve(output)));
}
