// What somebody gets who generates a service in an empty folder, with the packages as npm has them
// and without this checkout in reach.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, pack, run, versionHere } from './packed.test.fixture.ts';
import { missingIn, shown } from './page.test.fixture.ts';
import type { Shown } from './page.test.fixture.ts';

const nx = `nx@${versionHere('nx')}`;
const answer = spawnSync('npm', ['view', nx, 'version', '--fetch-retries=0'], {
  ...{ env: cleanEnvironment({}), timeout: 20_000, encoding: 'utf8' },
});
const isReachable = answer.status === 0 || process.env['CI'] === 'true';
const suite: typeof describe.skip = isReachable ? describe : describe.skip;

const folder = join(tmpdir(), `micro-nx-${randomUUID()}`);
const workspace = join(folder, 'workspace');
// The local registry is in the temporary folder.
const env = cleanEnvironment({ TMPDIR: folder });
const greeter = join(workspace, 'services/greeter');
const service = join(greeter, 'src/greeter.service.ts');

const program = (name: string) => join(workspace, 'node_modules/.bin', name);
const nxDoes = (...args: string[]) => run(program('nx'), args, workspace, env);

const played = new Set<Shown>();

/** The next time that the page shows the command: `printed` has to be what it says. */
function comparePage(command: string, printed: string): void {
  const next = shown.find((each) => each.command === command && !played.has(each));
  if (next === undefined) throw new Error(`the page does not show ${command}`);
  played.add(next);
  expect({ missing: missingIn(printed, next), printed }).toEqual({ missing: [], printed });
}

/** Does what the page shows. */
async function play(command: string): Promise<void> {
  comparePage(command, await run('sh', ['-c', command], workspace, env));
}

/** Everything but what npm and nx keep for themselves. */
function snapshot(at = workspace): Readonly<Record<string, string>> {
  const mine = (name: string) => !/^(node_modules|\.nx|package-lock\.json)/.test(name);
  const files = readdirSync(at, { recursive: true, encoding: 'utf8' })
    .filter((name) => mine(name) && statSync(join(at, name)).isFile())
    .sort();
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(at, name)))
      .digest('hex');
  return Object.fromEntries(files.map((name) => [name, hash(name)]));
}

const children = new Set<ChildProcess>();

/** A process that goes on. */
class Running {
  output = '';
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(command: string, args: readonly string[], cwd: string) {
    this.#child = spawn(command, args, {
      ...{ cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    children.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Resolves with the URL that it says it can be called at, once it is another than `old`. */
  async url(old?: string): Promise<string> {
    const end = performance.now() + 120_000;
    for (;;) {
      const url = [...this.output.matchAll(/http:\/\/\S+\/Greeter\.Hello/g)].at(-1)?.[0];
      if (url !== undefined && url !== old) return url;
      if (performance.now() > end) throw new Error(`it does not listen: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** As Ctrl-C in a terminal does. */
  async stop(): Promise<void> {
    process.kill(-Number(this.#child.pid), 'SIGINT');
    await this.ended;
  }
}

async function hello(url: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: '{"name":"Ann"}' });
  return response.json();
}

const caller = `
import { createApp } from 'micro-ts';
const app = await createApp({ log: 'error' });
const { message } = await app.client('greeter').hello({ name: 'Bob' });
console.log(message);
await app.close();
`;

/** A project of the same workspace knows the other's class as its contract. */
const typedCaller = `
import { createApp } from 'micro-ts';
import type { Greeter } from 'greeter';
const app = await createApp();
const { message } = await app.client<Greeter>('greeter').hello({ name: 'Bob' });
export const length: number = message.length;
// @ts-expect-error a request without its name does not compile
await app.client<Greeter>('greeter').hello({});
`;

suite(`generators, packed${isReachable ? '' : ' (needs the npm registry)'}`, () => {
  let packed: ReadonlyMap<string, string>;
  const times: string[] = [];

  /** A test whose time is told at the end. */
  const step = (name: string, work: () => Promise<void>) =>
    it(
      name,
      async () => {
        const began = performance.now();
        try {
          await work();
        } finally {
          times.push(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${name}`);
        }
      },
      600_000,
    );

  const tarball = (name: string) => ({ [name]: packed.get(name) ?? '' });
  const overridesBut = (...direct: string[]) =>
    Object.fromEntries([...packed].filter(([name]) => !direct.includes(name)));

  afterAll(async () => {
    for (const { pid } of children)
      try {
        process.kill(-Number(pid), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    console.log(times.join('\n'));
  }, 180_000);

  step('packs and installs', async () => {
    mkdirSync(folder);
    packed = await pack(join(folder, 'packed'));
    mkdirSync(workspace);
    const manifest = {
      private: true,
      workspaces: ['services/*'],
      dependencies: { ...tarball('micro-ts'), ...tarball('@micro-ts/mdns') },
      devDependencies: {
        ...tarball('@micro-ts/cli'),
        ...tarball('@micro-ts/nx'),
        nx: versionHere('nx'),
        prettier: versionHere('prettier'),
      },
      overrides: {
        ...overridesBut('@micro-ts/nx', '@micro-ts/cli'),
        'micro-ts': '$micro-ts',
        '@micro-ts/mdns': '$@micro-ts/mdns',
      },
    };
    writeFileSync(join(workspace, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    writeFileSync(join(workspace, '.prettierrc'), '{ "semi": false, "singleQuote": true }\n');
    await run('npm', ['install'], workspace, env);
  });

  step('init sets the workspace up', async () => {
    const before = snapshot();
    const dry = await nxDoes('generate', '@micro-ts/nx:init', '--dry-run');
    expect(dry).toContain('CREATE tsconfig.micro.json');
    expect(snapshot()).toEqual(before);
    await play('npx nx g @micro-ts/nx:init');
    expect(Object.keys(snapshot())).toEqual([
      '.gitignore',
      '.prettierrc',
      'eslint.config.mjs',
      'jest.micro.json',
      'nx.json',
      'package.json',
      'tsconfig.micro.json',
    ]);
  });

  step('init once more changes nothing', async () => {
    const before = snapshot();
    expect(await nxDoes('generate', '@micro-ts/nx:init')).toContain('nothing to change');
    expect(snapshot()).toEqual(before);
  });

  step('service makes a service, formatted', async () => {
    const before = snapshot();
    const dry = await nxDoes('generate', '@micro-ts/nx:service', 'greeter', '--dry-run');
    expect(dry).toContain('CREATE services/greeter/src/greeter.service.ts');
    expect(snapshot()).toEqual(before);
    await play('npx nx g @micro-ts/nx:service greeter');
    await run(program('prettier'), ['--check', '.'], workspace, env);
    expect(readFileSync(service, 'utf8')).toContain("from 'micro-ts'\n");
  });

  step('service once more changes nothing, and keeps what was edited', async () => {
    const before = snapshot();
    await play('npx nx g @micro-ts/nx:service greeter');
    expect(snapshot()).toEqual(before);
    await play('npx nx g @micro-ts/nx:service greeter --http');
    expect(snapshot()).toEqual(before);
  });

  step('says what is wrong with a name', async () => {
    const refused = nxDoes('generate', '@micro-ts/nx:service', 'class');
    const said = await refused.catch(({ message }: Error) => message);
    comparePage('npx nx g @micro-ts/nx:service class', said);
  });

  step('builds, lints and tests', async () => {
    await play('npx nx run-many -t build lint test');
  });

  step('does not do again what it has done', async () => {
    const said = await nxDoes('run-many', '-t', 'build', 'lint', 'test');
    expect(said).toMatch(/3\/3 hits|3 out of 3/);
  });

  step('finds what is wrong', async () => {
    const text = readFileSync(service, 'utf8');
    writeFileSync(service, text.replace('Hello ${', 'Hi ${'));
    await expect(nxDoes('test', 'greeter')).rejects.toThrow('Hi Ann');
    writeFileSync(service, text.replace('return', 'Promise.resolve();\n    return'));
    await expect(nxDoes('lint', 'greeter')).rejects.toThrow('no-floating-promises');
    writeFileSync(service, text.replace('`Hello ${name}`', '1'));
    await expect(nxDoes('build', 'greeter')).rejects.toThrow('TS');
    writeFileSync(service, text);
  });

  step('serves, answers a call, and serves anew what was edited', async () => {
    const text = readFileSync(service, 'utf8');
    const serving = new Running(program('nx'), ['serve', 'greeter'], workspace);
    const url = await serving.url();
    comparePage('npx nx serve greeter', serving.output);
    expect(await hello(url)).toEqual({ message: 'Hello Ann' });
    writeFileSync(join(workspace, 'call.mjs'), caller);
    expect(await run(process.execPath, ['call.mjs'], workspace, env)).toBe('Hello Bob\n');
    writeFileSync(service, text.replace('Hello ${', 'Hi ${'));
    expect(await hello(await serving.url(url))).toEqual({ message: 'Hi Ann' });
    await serving.stop();
    writeFileSync(service, text);
    await expect(hello(url)).rejects.toThrow();
  });

  step('serves what an image would hold, though a later build failed', async () => {
    const image = join(folder, 'image');
    mkdirSync(image);
    cpSync(join(greeter, 'package.json'), join(image, 'package.json'));
    cpSync(join(greeter, 'dist'), join(image, 'dist'), { recursive: true });
    symlinkSync(join(workspace, 'node_modules'), join(image, 'node_modules'));
    const serving = new Running('node', ['--enable-source-maps', 'dist/src/main.js'], image);
    expect(await hello(await serving.url())).toEqual({ message: 'Hello Ann' });
    await serving.stop();
    expect(await serving.ended).toBe(0);
  });

  step('micro new makes a service with all that can be asked for, in the workspace', async () => {
    const options = ['--registry', 'mdns', '--topic', 'orders.greeted', '--http'];
    const said = await run(program('micro'), ['new', 'acme.orders', ...options], workspace, env);
    expect(said).toContain('CREATE services/orders/src/orders.topic.ts');
    writeFileSync(join(workspace, 'services/orders/src/caller.ts'), typedCaller);
    await nxDoes('run-many', '-p', 'orders', '-t', 'build', 'lint', 'test');
  });

  step('micro new makes a project of its own elsewhere', async () => {
    // As npm installs it globally: the command beside the generators, away from where it is given.
    comparePage('micro new greeter', await run(program('micro'), ['new', 'greeter'], folder, env));
    const project = join(folder, 'greeter');
    const path = join(project, 'package.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { dependencies: object };
    Object.assign(manifest.dependencies, tarball('micro-ts'));
    Object.assign(manifest, { overrides: overridesBut('micro-ts') });
    writeFileSync(path, JSON.stringify(manifest));
    await run('npm', ['install'], project, env);
    // A developer's own registry is none of the test's business.
    const own = { ...env, MICRO_REGISTRY: 'nowhere', MICRO_REGISTRY_ADDRESS: 'nowhere:1' };
    for (const script of ['build', 'lint', 'test']) await run('npm', ['run', script], project, own);
    const serving = new Running('npm', ['run', 'serve'], project);
    expect(await hello(await serving.url())).toEqual({ message: 'Hello Ann' });
    await serving.stop();
  });

  it('has done all that the page shows', () => {
    expect(shown.filter((each) => !played.has(each))).toEqual([]);
  });
});
