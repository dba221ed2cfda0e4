// Programs of the standard library only, and a sidecar that serves TLS and wants a token.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificates } from '@micro-ts/testing/servers';
import {
  compilerOptions,
  languagesWith,
  Running,
  sidecarAt,
  until,
} from './languages.test.fixture.ts';
import type { Language } from './languages.test.fixture.ts';

const besideSidecars = languagesWith('local').filter(({ name }) =>
  ['Python', 'Ruby'].includes(name),
);
const here = besideSidecars.filter(({ lacking }) => lacking === undefined);

const folder = mkdtempSync(join(tmpdir(), 'greeter-tls-'));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const token = 'a token of this test';
const env: NodeJS.ProcessEnv = {
  MICRO_REGISTRY: 'local',
  MICRO_REGISTRY_ADDRESS: join(folder, 'nodes'),
  MICRO_BROKER: 'http',
  MICRO_SIDECAR_TOKEN: token,
  MICRO_TOKEN: token,
  SSL_CERT_FILE: file('authority.pem', certificates.authority),
  TSX_TSCONFIG_PATH: compilerOptions(folder),
  PYTHONDONTWRITEBYTECODE: '1',
};
const started: Running[] = [];

function start([program, ...args]: Language['server'], more: NodeJS.ProcessEnv = {}): Running {
  const running = new Running([program, ...args], { ...env, ...more });
  started.push(running);
  return running;
}

/** What a client prints that greets Ann, and the code with which it ends. */
async function greet({ client: [program, ...args] }: Language, more: NodeJS.ProcessEnv = {}) {
  const running = start([program, ...args, 'Ann'], more);
  return { code: await running.ended, output: running.output };
}

const suite = here.length === 0 ? describe.skip.each(besideSidecars) : describe.each(here);

suite('$name and a sidecar with TLS', (language) => {
  beforeAll(async () => {
    if (env['MICRO_PROXY_ADDRESS'] !== undefined) return;
    const cert = file('cert.pem', certificates.serverCert);
    const key = file('key.pem', certificates.serverKey);
    const sidecar = start([...sidecarAt('127.0.0.1:0'), '--cert', cert, '--key', key]);
    const [, address] = await sidecar.prints(/listens on (https:\/\/\S+)/);
    env['MICRO_PROXY_ADDRESS'] = address;
  }, 90_000);

  it('serve, call, publish and listen', async () => {
    const listener = start(language.listener);
    await listener.prints(/^listening$/m);
    const server = start(language.server);
    const answered = async (): Promise<boolean> => (await greet(language)).code === 0;
    await until(() => `answered: ${server.output}`, answered);
    expect(await greet(language)).toEqual({ code: 0, output: 'Hello Ann\n' });
    await listener.prints(/^heard of Ann$/m);
    expect(await server.stop()).toBe(0);
    expect(server.output).not.toContain('not deregistered');
  }, 90_000);

  it('say that they do not trust it, if its authority is not theirs', async () => {
    const SSL_CERT_FILE = file('other.pem', certificates.otherAuthority);
    const { code, output } = await greet(language, { SSL_CERT_FILE });
    expect(output).toMatch(/^.*certificate verify failed.*\n$/);
    expect(code).toBe(1);
  }, 90_000);

  it('say that it wants a token', async () => {
    const { code, output } = await greet(language, { MICRO_TOKEN: '' });
    expect(output).toMatch(/^401: .*token.*\n$/);
    expect(code).toBe(1);
  }, 90_000);
});

afterAll(async () => {
  await Promise.all(started.map((running) => running.stop('SIGKILL')));
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

for (const { name, lacking } of besideSidecars)
  if (lacking !== undefined)
    it.skip(`${name} and a sidecar with TLS (skipped: ${lacking})`, () => undefined);
