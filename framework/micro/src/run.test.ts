import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { install, temporaryFolder, write } from './packages.test.fixture.ts';
import { build, start } from './programs.test.fixture.ts';
import type { Program } from './programs.test.fixture.ts';

const folder = temporaryFolder();
let program: string;
beforeAll(() => {
  program = build(folder, 'serving');
});

/** Starts the service in a folder of its own, with a registry of its own. */
function serve(
  config: object = {},
  env: Record<string, string> = {},
  args: string[] = [],
): Program {
  const place = mkdtempSync(join(folder, 'case-'));
  const registry = ['local', { folder: join(place, 'nodes') }];
  write(place, 'micro.config.json', JSON.stringify({ registry, grace: 0, ...config }));
  const main = write(place, 'main.mjs', `import '${program}';`);
  return start(main, { env: { MICRO_LOG_LEVEL: 'warn', ...env }, args });
}

const listening =
  /sleeper 1\.2\.3 listens on (127\.0\.0\.1:\d+) \(registry local, transport http\)/;

async function sleep({ prints }: Program, ms: number): Promise<unknown> {
  const [, address] = await prints(listening);
  const answer = await fetch(`http://${address}/Sleeper.Sleep`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', timeout: String(20_000 * 1e6) },
    body: JSON.stringify({ ms }),
  });
  return answer.json();
}

describe('run', () => {
  it('serves, and says where and how', async () => {
    const { prints, process, ended, output } = serve();
    await prints(listening);
    const [, curl = ''] = await prints(/^ {2}(curl .+)$/m);
    const { stdout } = await promisify(execFile)('sh', ['-c', `${curl} --silent`]);
    expect(JSON.parse(stdout)).toEqual({ slept: 0 });
    process.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(output.err).toBe('');
  });

  it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])('drains on %s', async (signal) => {
    const service = serve();
    const answer = sleep(service, 600);
    await service.prints(/sleeps for 600/);
    service.process.kill(signal);
    expect(await answer).toEqual({ slept: 600 });
    expect(await service.ended).toBe(0);
  });

  it('takes two signals of one key press for one', async () => {
    const service = serve();
    const answer = sleep(service, 600);
    await service.prints(/sleeps for 600/);
    service.process.kill('SIGINT');
    await wait(20);
    service.process.kill('SIGINT');
    expect(await answer).toEqual({ slept: 600 });
    expect(await service.ended).toBe(0);
  });

  it.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('ends at once when %s comes again', async (signal, code) => {
    const service = serve();
    const answer = sleep(service, 60_000).catch(() => 'cut off');
    await service.prints(/sleeps for 60000/);
    service.process.kill('SIGTERM');
    await wait(700);
    service.process.kill(signal);
    expect(await service.ended).toBe(code);
    expect(await answer).toBe('cut off');
  });

  it('ends although the program has a timer of its own', async () => {
    const service = serve({}, { TEST_TIMER: 'yes' });
    await service.prints(listening);
    service.process.kill('SIGTERM');
    expect(await service.ended).toBe(0);
  });

  it('leaves nothing behind when the program closes it', async () => {
    const service = serve({}, { TEST_CLOSE: 'yes' });
    await service.prints(/listeners: 0/);
    expect(await service.ended).toBe(0);
  });

  it('lets the environment and flags say what the file does not', async () => {
    const env = { MICRO_SERVER_VERSION: '9', MICRO_SERVER_NAME: 'x' };
    const service = serve({ version: '8' }, env, ['--server_version=10', '--mine']);
    await service.prints(/sleeper 10 listens on/);
  });
});

describe('a program that cannot start', () => {
  const fail = async (...given: Parameters<typeof serve>) => {
    const { ended, output } = serve(...given);
    return { code: await ended, ...output };
  };

  it('says what is wrong in the file', async () => {
    expect(await fail({ regsitry: 'etcd' })).toEqual({
      code: 1,
      out: '',
      err: 'Cannot start: regsitry: is not known (micro.config.json)\n  Did you mean "registry"?\n',
    });
  });

  it('says what to install', async () => {
    expect(await fail({}, { MICRO_REGISTRY: '@acme/absent' })).toEqual({
      code: 1,
      out: '',
      err: 'Cannot start: registry: @acme/absent is not installed (MICRO_REGISTRY)\n  npm install @acme/absent\n',
    });
  });

  it('says what is wrong with a package', async () => {
    install(folder, '@acme/import-only', 'export default 1;', { import: './index.js' });
    const { err } = await fail({}, {}, ['--broker', '@acme/import-only']);
    expect(err).toBe(
      'Cannot start: broker: @acme/import-only cannot be loaded (--broker): its package.json exports no entry\n' +
        '  In a plugin, "exports" needs the condition "default"; "import" alone is not enough\n',
    );
  });

  it('says which flag is wrong', async () => {
    expect(await fail({}, {}, ['--client_retries=many'])).toEqual({
      code: 1,
      out: '',
      err: 'Cannot start: --client_retries: is "many", and should be a whole number, 0 or more\n',
    });
  });

  it('says that the port is taken', async () => {
    const [, address = ''] = await serve().prints(listening);
    const { code, err } = await fail({ address });
    expect(code).toBe(1);
    expect(err).toMatch(/^Cannot start: 127\.0\.0\.1:\d+ is taken/);
    expect(err).not.toMatch(/ at .*\.(m?js|ts):/);
  });

  it('shows the stack of a bug', async () => {
    const { code, err } = await fail({}, { TEST_BUG: 'yes' });
    expect(code).toBe(1);
    expect(err).toMatch(/^Cannot start: [^]*TypeError: not my day\n +at new Sleeper /);
  });
});
