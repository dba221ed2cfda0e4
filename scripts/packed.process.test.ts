// What a user gets who installs micro-ts: the packed packages, in an empty folder, without this
// checkout's node_modules in reach.
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { lstatSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..');
const mebibyte = 2 ** 20;
const mostPackages = 60;
const mostBytes = 40 * mebibyte;

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** Folders of the workspace's packages, by their names. */
function workspace(): Map<string, string> {
  const { workspaces } = readJson<{ workspaces: string[] }>(join(root, 'package.json'));
  const found = new Map<string, string>();
  for (const parent of workspaces.map((pattern) => pattern.replace('/*', '')))
    for (const name of readdirSync(join(root, parent))) {
      const folder = join(root, parent, name);
      const manifest = join(folder, 'package.json');
      if (existsSync(manifest)) found.set(readJson<Manifest>(manifest).name, folder);
    }
  return found;
}

/** The package and those of the workspace that it brings, with their folders. */
function closure(name: string, all = workspace(), found = new Map<string, string>()) {
  const folder = all.get(name);
  if (folder === undefined || found.has(name)) return found;
  found.set(name, folder);
  const { dependencies = {} } = readJson<Manifest>(join(folder, 'package.json'));
  for (const dependency of Object.keys(dependencies)) closure(dependency, all, found);
  return found;
}

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error });
  }
}

const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => lstatSync(join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

const service = `
import { createApp, Handler, Service, unchecked } from 'micro-ts';

class Greeter {
  async hello({ name }) {
    return { message: 'Hello ' + name };
  }
  async *countdown({ from }) {
    for (let n = from; n > 0; n--) yield { n };
  }
}
Handler({ request: unchecked })(Greeter.prototype, 'hello');
Handler({ request: unchecked })(Greeter.prototype, 'countdown');
Service('greeter')(Greeter);

const config = { registry: ['local', { folder: process.argv[2] }], log: 'error' };
const server = await createApp(config, [Greeter]);
const client = await createApp(config);
const greeter = client.client('greeter');
const { message } = await greeter.hello({ name: 'Ann' });
const counted = [];
for await (const { n } of greeter.countdown({ from: 3 })) counted.push(n);
console.log(JSON.stringify({ message, counted }));
await client.close();
await server.close();
`;

const typed = `
import { type Client, createApp, Handler, Service, unchecked } from 'micro-ts';

@Service('greeter')
export class Greeter {
  @Handler({ request: unchecked })
  async hello({ name }: { name: string }): Promise<{ message: string }> {
    return { message: 'Hello ' + name };
  }
}

const app = await createApp({}, [Greeter]);
const greeter: Client<Greeter> = app.client<Greeter>('greeter');
const { message } = await greeter.hello({ name: 'Ann' });
export const length: number = message.length;
// @ts-expect-error a request without its name does not compile
await greeter.hello({});
`;

describe('micro-ts as it is installed', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'micro-packed-'));
    const packed = join(folder, 'packed');
    const app = join(folder, 'app');
    mkdirSync(packed);
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
    const names = [...closure('micro-ts').keys()].flatMap((name) => ['--workspace', name]);
    run('npm', ['pack', '--pack-destination', packed, ...names], root);
    const tarballs = readdirSync(packed).map((name) => join(packed, name));
    run('npm', ['install', ...quiet, ...tarballs], app);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('brings few packages and few bytes', () => {
    const modules = join(folder, 'app', 'node_modules');
    const lock = readJson<{ packages: object }>(join(modules, '.package-lock.json'));
    const packages = Object.keys(lock.packages).length;
    const bytes = bytesIn(modules);
    console.log(`micro-ts: ${packages} packages, ${(bytes / mebibyte).toFixed(1)} MB`);
    expect(packages).toBeLessThanOrEqual(mostPackages);
    expect(bytes).toBeLessThanOrEqual(mostBytes);
  });

  it('carries no tests and no sources of this checkout', () => {
    const modules = join(folder, 'app', 'node_modules');
    const ours = [join(modules, 'micro-ts'), join(modules, '@micro-ts')];
    const files = ours.flatMap((path) =>
      readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name)),
    );
    expect(files.filter((name) => /\.(test|fixture)\./.test(name))).toEqual([]);
    expect(files.filter((name) => name.endsWith('.tsbuildinfo'))).toEqual([]);
  });

  it('serves and calls from plain JavaScript, and ends by itself', async () => {
    const app = join(folder, 'app');
    writeFileSync(join(app, 'service.mjs'), service);
    const child = spawn(process.execPath, ['service.mjs', join(folder, 'registry')], {
      cwd: app,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const overdue = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const code = await new Promise((resolve) => child.once('close', resolve));
    clearTimeout(overdue);
    expect({ code, text: text.trim() }).toEqual({
      code: 0,
      text: JSON.stringify({ message: 'Hello Ann', counted: [3, 2, 1] }),
    });
  });

  it.each([
    ['legacy decorators', { experimentalDecorators: true, emitDecoratorMetadata: true }],
    ['standard decorators', {}],
  ])('type-checks with %s, its own declarations too', (_name, decorators) => {
    const app = join(folder, 'app');
    writeFileSync(join(app, 'service.ts'), typed);
    for (const needed of ['@types/node', 'undici-types'])
      cpSync(join(root, 'node_modules', needed), join(app, 'node_modules', needed), {
        recursive: true,
      });
    const compilerOptions = {
      ...decorators,
      ...{ strict: true, noEmit: true, skipLibCheck: false, types: ['node'] },
      ...{ target: 'es2022', lib: ['es2023', 'esnext.disposable'], module: 'nodenext' },
    };
    const config = { compilerOptions, files: ['service.ts'] };
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(run(process.execPath, [compiler, '-p', '.'], app)).toBe('');
  });
});
