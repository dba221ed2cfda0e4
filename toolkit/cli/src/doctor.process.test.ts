import { createApp } from 'micro-ts';
import type { App, Node } from 'micro-ts';
import { chmodSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Project, buildCli } from './run/project.test.fixture.ts';

let project: Project;
let app: App | undefined;
let server: Server | undefined;
beforeAll(() => buildCli(), 300_000);
beforeEach(() => (project = new Project()));
afterEach(async () => {
  await app?.close();
  server?.close();
  [app, server] = [undefined, undefined];
  await project.clear();
});

interface Finding {
  readonly severity: 'broken' | 'warning' | 'fine';
  readonly check: string;
  readonly what: string;
  readonly why?: string;
  readonly fix?: string;
}

interface Diagnosis {
  readonly code: unknown;
  /** What is not fine, as `severity check: what`. */
  readonly bad: readonly string[];
  readonly all: readonly Finding[];
}

async function diagnose(env: Record<string, string> = {}, ...more: string[]): Promise<Diagnosis> {
  const micro = project.micro(['doctor', '--output', 'json', ...more], env);
  const code = await micro.ended;
  const all = JSON.parse(micro.out()) as readonly Finding[];
  const bad = all
    .filter(({ severity, what }) => severity !== 'fine' && !/^answers in \d+ ms/.test(what)) // on a busy machine
    .map(({ severity, check, what }) => `${severity} ${check}: ${what}`);
  for (const { severity, fix } of all) if (severity !== 'fine') expect(fix).toMatch(/\w/);
  return { code, bad, all };
}

/** A server that answers `Debug.*` as a node would whose clock is wrong. */
async function serve(): Promise<string> {
  server = createServer((request, answer) => {
    const health = String(request.headers['micro-endpoint'] ?? request.url).includes('Health');
    const body = health
      ? {
          status: 'degraded',
          parts: { database: { up: false, needed: true, reason: 'it sleeps' } },
        }
      : { started: Math.floor(Date.now() / 1_000) - 100, uptime: 40, memory: 1, endpoints: {} };
    request.resume().on('end', () => {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server?.address() as AddressInfo).port}`;
}

async function register(id: string, address: string): Promise<void> {
  app ??= await createApp({ registry: ['local', { folder: project.nodes }], log: 'silent' });
  const node: Node = {
    ...{
      id,
      service: 'ghost',
      version: '1',
      address,
      metadata: { transport: 'http' },
      endpoints: [],
    },
  };
  await app.register(node);
}

describe('micro doctor', () => {
  it('finds nothing where nothing is wrong', async () => {
    const { code, bad, all } = await diagnose();
    expect(bad).toEqual([]);
    expect(code).toBe(0);
    expect(all.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['node', 'packages', 'configuration', 'registry', 'broker', 'nodes']),
    );
  });

  it.each([
    ['{"regsitry":"etcd"}', 'regsitry: is not known (micro.config.json)'],
    ['{"registry":"@acme/absent"}', 'registry: @acme/absent is not installed (micro.config.json)'],
    ['{"registry":["local",{"foldr":"/x"}]}', expect.stringMatching(/foldr/)],
    ['{', expect.stringMatching(/cannot be read as JSON/)],
  ])('names what is wrong in %s', async (config, what) => {
    project.write('micro.config.json', config);
    const { code, all } = await diagnose();
    expect(code).toBe(1);
    const broken = all.filter(({ severity }) => severity === 'broken');
    expect(broken).toEqual([expect.objectContaining({ check: 'configuration', what })]);
  });

  it('names copies and versions that do not fit', async () => {
    const manifest = '{"name":"@micro-ts/core","version":"0.0.9"}';
    project.write('node_modules/acme/node_modules/@micro-ts/core/package.json', manifest);
    const { code, bad } = await diagnose();
    expect(code).toBe(1);
    expect(bad).toContain('broken packages: @micro-ts/core is there 2 times');
    expect(bad).toContain('warning packages: packages of Micro have different versions');
  });

  it('names servers that do not answer', async () => {
    const env = { MICRO_REGISTRY: 'etcd', MICRO_REGISTRY_ADDRESS: '127.0.0.1:1' };
    const { code, bad } = await diagnose(env, '--timeout', '2000');
    expect(code).toBe(1);
    expect(bad).toContain('broken registry: does not answer');
    const nats = { MICRO_BROKER: 'nats', MICRO_BROKER_ADDRESS: 'nats://user:secret@127.0.0.1:1' };
    const second = await diagnose(nats);
    expect(second.bad).toContain('broken broker: no event arrives');
    expect(JSON.stringify(second.all)).not.toContain('secret');
  });

  it('names ports that are taken, and by whom', async () => {
    const address = await serve();
    const free = await diagnose({ MICRO_SERVER_ADDRESS: '127.0.0.1:0' });
    expect(free.bad).toEqual([]);
    const taken = await diagnose({ MICRO_SERVER_ADDRESS: address });
    expect(taken.bad).toEqual([`broken address: ${address} is taken`]);
    await register('ghost-1', address);
    const ours = await diagnose({ MICRO_SERVER_ADDRESS: address });
    expect(ours.bad).toContain(`warning address: ${address} is taken by ghost-1`);
  });

  it('names nodes that do not answer, are not well, or have another time', async () => {
    await register('ghost-1', '127.0.0.1:1');
    await register('ghost-2', await serve());
    const { code, bad, all } = await diagnose();
    expect(code).toBe(1);
    expect(bad).toEqual([
      'broken nodes: ghost-1 at 127.0.0.1:1 is registered and does not answer',
      expect.stringMatching(/^warning nodes: ghost-2 at .* is degraded$/),
      expect.stringMatching(/^warning nodes: the clock of ghost-2 is \d\d s behind$/),
    ]);
    expect(all.find(({ what }) => what.endsWith('degraded'))?.why).toBe('database: it sleeps');
  });

  it("names what is wrong with the local registry's folder", async () => {
    mkdirSync(project.nodes, { mode: 0o700 });
    project.write('nodes/0123456789abcdef.0000000001.json', '{}');
    project.write('nodes/notes.txt', '');
    expect((await diagnose()).bad).toEqual([
      expect.stringMatching(/^warning registry folder: 1 files in .* are none of the registry's$/),
      expect.stringMatching(
        /^warning registry folder: 1 files in .* are of 1 processes that are gone$/,
      ),
    ]);
    chmodSync(project.nodes, 0o755);
    const { code, bad } = await diagnose();
    expect(code).toBe(1);
    expect(bad[0]).toMatch(/^broken registry folder: .* is open to others$/);
  });

  it('names variables that are misspelt', async () => {
    const { code, bad } = await diagnose({ MICRO_REGISTY: 'etcd' });
    expect(bad).toEqual(['warning variables: MICRO_REGISTY is not known']);
    expect(code).toBe(0);
  });

  it('tries multicast where nodes are found by it', async () => {
    const { all } = await diagnose({ MICRO_REGISTRY: 'mdns' });
    expect(all.filter(({ check }) => check === 'multicast')).toHaveLength(1);
  });

  it('shows it to people, the worst first', async () => {
    const micro = project.micro(['doctor'], { MICRO_REGISTY: 'etcd' });
    expect(await micro.ended).toBe(0);
    expect(micro.out()).toMatch(
      /^! variables: MICRO_REGISTY is not known\n {4}It changes nothing\n {4}→ Did you mean MICRO_REGISTRY\?\n✔ [^]*\n0 broken, 1 warnings, \d+ fine\n$/,
    );
  });
});
