// The greeter in every language that this machine has, called from every one of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, startServer } from '@micro-ts/testing/servers';
import type { TestServer } from '@micro-ts/testing/servers';
import {
  compilerOptions,
  languagesWith,
  Running,
  sidecarAt,
  until,
} from './languages.test.fixture.ts';
import type { Language } from './languages.test.fixture.ts';

const registry =
  findProgram('etcd') !== undefined || process.env['CI'] === 'true' ? 'etcd' : 'local';
const languages = languagesWith(registry);
const here = languages.filter(({ lacking }) => lacking === undefined);
const each = here.map((language) => [language.name, language] as const);

const folder = mkdtempSync(join(tmpdir(), 'greeter-languages-'));
const env: NodeJS.ProcessEnv = {
  MICRO_REGISTRY: registry,
  MICRO_BROKER: 'http',
  PYTHONDONTWRITEBYTECODE: '1',
};
const started: Running[] = [];
const listeners = new Map<string, Running>();
let etcd: TestServer | undefined;
let sidecar: Running;

function start(command: Language['server']): Running {
  const running = new Running(command, env);
  started.push(running);
  return running;
}

beforeAll(async () => {
  if (registry === 'etcd') etcd = await startServer('etcd');
  env['MICRO_REGISTRY_ADDRESS'] =
    etcd === undefined ? join(folder, 'nodes') : `127.0.0.1:${etcd.port}`;
  env['TSX_TSCONFIG_PATH'] = compilerOptions(folder);
  env['MICRO_PROXY_ADDRESS'] = await startSidecar('127.0.0.1:0');
  for (const { name, listener } of here) listeners.set(name, start(listener));
}, 120_000);

/** @returns where it listens */
async function startSidecar(at: string): Promise<string> {
  sidecar = start(sidecarAt(at));
  const [, address = ''] = await sidecar.prints(/listens on http:\/\/(\S+)/);
  return address;
}

afterAll(async () => {
  await Promise.all(started.map((running) => running.stop('SIGKILL')));
  await etcd?.close();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

/** What a client prints who greets a name. */
async function greet({ client: [program, ...args] }: Language, name: string): Promise<string> {
  const running = start([program, ...args, name]);
  const code = await running.ended;
  return code === 0 ? running.output : `failed: ${running.output}`;
}

const registered = async (): Promise<boolean> =>
  (await fetch(`http://${env['MICRO_PROXY_ADDRESS']}/registry?service=greeter`)).ok;

describe.each(each)('the greeter in %s', (server, language) => {
  let greeter: Running;

  beforeAll(async () => {
    greeter = start(language.server);
    await until(() => `registered: ${greeter.output}`, registered);
  }, 90_000);

  it.each(each)(
    'is called from %s',
    async (client, caller) => {
      const name = `${client} at ${server}`;
      expect(await greet(caller, name)).toContain(`Hello ${name}\n`);
    },
    90_000,
  );

  it('tells listeners of every language', async () => {
    const name = `all at ${server}`;
    const deaf = (): readonly string[] =>
      here.map((each) => each.name).filter((each) => !listeners.get(each)?.output.includes(name));
    const [caller] = here;
    const heard = async (): Promise<boolean> => {
      if (deaf().length > 0 && caller !== undefined) await greet(caller, name);
      return deaf().length === 0;
    };
    await until(() => `heard by ${deaf().join()}`, heard);
  }, 90_000);

  it('is no longer registered when it was told to end', async () => {
    expect(await greeter.stop()).toBe(0);
    expect(await registered()).toBe(false);
  }, 30_000);
});

const beside = each.filter(([name]) => ['Python', 'Ruby'].includes(name));

const suite = beside.length === 0 ? describe.skip.each(each) : describe.each(beside);

suite('%s and a sidecar that was restarted', (name, language) => {
  it('find each other again', async () => {
    const greeter = start(language.server);
    await until(() => `registered: ${greeter.output}`, registered);
    await sidecar.stop();
    await startSidecar(env['MICRO_PROXY_ADDRESS'] ?? '');
    await until(() => `registered again: ${greeter.output}`, registered);
    const heard = (): boolean => listeners.get(name)?.output.includes('heard of again') === true;
    await until(
      () => 'heard again',
      async () => {
        if (!heard()) await greet(language, 'again');
        return heard();
      },
    );
    expect(await greeter.stop()).toBe(0);
  }, 90_000);
});

for (const { name, lacking } of languages)
  if (lacking !== undefined)
    it.skip(`the greeter in ${name} (skipped: ${lacking})`, () => undefined);
