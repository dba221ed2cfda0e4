import { createApp } from 'micro-ts';
import type { App } from 'micro-ts';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '@micro-ts/testing/servers';
import { buildCli, pause, Project, until } from './project.test.fixture.ts';

const greeter = (word: string, more = ''): string => `
import { Handler, Logger, Service } from 'micro-ts';
import { mark } from './mark.ts';
${more}
@Service('greeter', { version: '1.0.0' })
export class Greeter {
  constructor(private readonly log: Logger) {}
  @Handler()
  async hello({ name }: { name: string }): Promise<{ message: string; pid: number }> {
    this.log.debug('said');
    return { message: '${word} ' + name + mark, pid: process.pid };
  }
  @Handler()
  async crash(): Promise<{}> {
    setTimeout(() => process.exit(7));
    return {};
  }
}`;
const mark = `export const mark = '!';`;

interface Hello {
  readonly message: string;
  readonly pid: number;
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

let project: Project;
let app: App | undefined;
beforeAll(() => buildCli(), 300_000);
afterEach(async () => {
  await app?.close();
  app = undefined;
  await project.clear();
});

async function client(): Promise<App> {
  app = await createApp({ registry: ['local', { folder: project.nodes }], log: 'error' });
  return app;
}
const hello = async (from: App): Promise<Hello> =>
  (await from.call('greeter', 'Greeter.Hello', { name: 'Ann' })) as Hello;

describe('micro run', () => {
  it('runs classes without a main, with what their decorators emit', async () => {
    project = new Project({ 'greeter.service.ts': greeter('Hello'), 'mark.ts': mark });
    const micro = project.micro(['run']);
    await micro.prints(
      /1 of 1 up\n {2}greeter {2}1\.0\.0 {2}http:\/\/127\.0\.0\.1:\d+ {2}registry local/,
    );
    expect((await hello(await client())).message).toBe('Hello Ann!');
    micro.process.kill('SIGINT');
    expect(await micro.ended).toBe(0);
  });

  it('loses no call when a file changes, and none goes to what does not start', async () => {
    project = new Project({ 'greeter.service.ts': greeter('Hello'), 'mark.ts': mark });
    const micro = project.micro(['run']);
    await micro.prints(/1 of 1 up/);
    const caller = await client();
    const said = new Set<string>();
    let [calls, running] = [0, true];
    const failures: unknown[] = [];
    const lane = async (): Promise<void> => {
      while (running) {
        calls++;
        await hello(caller).then(
          ({ message }) => said.add(message),
          (error) => failures.push(error),
        );
        await pause(1);
      }
    };
    const lanes = Array.from({ length: 8 }, lane);
    for (const [round, word] of ['Hi', 'Hey', 'Yo'].entries()) {
      const from = micro.output().length;
      project.write(
        round % 2 === 0 ? 'mark.ts' : 'greeter.service.ts',
        round % 2 === 0 ? `export const mark = '${round}';` : greeter(word),
      );
      await micro.prints(/is up again after/, from);
      await until('news', () =>
        [...said].some((text) =>
          round % 2 === 0 ? text.endsWith(`Ann${round}`) : text.startsWith(word),
        ),
      );
    }
    const from = micro.output().length;
    project.write('mark.ts', 'export const mark = ;');
    await micro.prints(
      /Expression expected[^]*does not start as it is now; the one before goes on/,
      from,
    );
    await pause(200);
    said.clear();
    await until('calls', () => said.size > 0);
    expect([...said]).toEqual(['Hey Ann2']);
    project.write('mark.ts', `export const mark = '?';`);
    await until('the good one', () => said.has('Hey Ann?'));
    running = false;
    await Promise.all(lanes);
    expect(failures).toEqual([]);
    expect(calls).toBeGreaterThan(50);
    process.stdout.write(`    reloads under calls: ${calls} calls, 0 failed\n`);
  });

  it('starts only what depends on the file', async () => {
    const service = (name: string, file: string): string => `
      import { Handler, Service } from 'micro-ts';
      import { n } from './${file}.ts';
      @Service('${name}') export class Any { @Handler() async n(): Promise<{ n: number }> { return { n }; } }`;
    project = new Project({
      ...{ 'a.service.ts': service('a', 'one'), 'b.service.ts': service('b', 'two') },
      ...{ 'one.ts': 'export const n = 1;', 'two.ts': 'export const n = 2;' },
    });
    const micro = project.micro(['run']);
    await micro.prints(/2 of 2 up/);
    const from = micro.output().length;
    project.write('two.ts', 'export const n = 3;');
    await micro.prints(/b is up again/, from);
    expect(micro.output()).not.toMatch(/a starts again|a is up again/);
    const caller = await client();
    await until(
      'the new one',
      async () => ((await caller.call('b', 'Any.N')) as { n: number }).n === 3,
    );
  });

  it('starts what is new, and stops what is gone', async () => {
    const service = (name: string): string => `
      import { Handler, Service } from 'micro-ts';
      @Service('${name}') export class Any { @Handler() async n(): Promise<{}> { return {}; } }`;
    project = new Project({ 'a.service.ts': service('a') });
    const micro = project.micro(['run']);
    await micro.prints(/1 of 1 up/);
    const caller = await client();
    const are = (what: string) => async (): Promise<boolean> =>
      (await caller.list()).join(' ') === what;
    project.write('b.service.ts', service('b'));
    await micro.prints(/b\.service\.ts is new: b starts/);
    await until('a and b', are('a b'));
    renameSync(join(project.folder, 'a.service.ts'), join(project.folder, 'renamed.service.ts'));
    await micro.prints(/renamed\.service\.ts is new: renamed starts/);
    await micro.prints(/a\.service\.ts is gone: a is stopped/);
    await micro.prints(/renamed +\| a /);
    const from = micro.output().length;
    project.write('b.service.ts', service('c'));
    await micro.prints(/b is up again/, from);
    await until('a and c', are('a c'));
    expect(micro.output()).not.toMatch(/ERR_MODULE_NOT_FOUND|\ba starts/);
    micro.process.kill('SIGINT');
    expect(await micro.ended).toBe(0);
  });

  it('starts a folder that is new, and stops one that is gone', async () => {
    const service = (name: string): string => `
      import { Handler, Service } from 'micro-ts';
      @Service('${name}') export class Any { @Handler() async n(): Promise<{}> { return {}; } }`;
    project = new Project({ 'services/a/a.service.ts': service('a') });
    const micro = project.micro(['run']);
    await micro.prints(/1 of 1 up/);
    const caller = await client();
    const are = (what: string) => async (): Promise<boolean> =>
      (await caller.list()).join(' ') === what;
    project.write('services/ab/package.json', '{');
    await micro.prints(/services\/ab\/package\.json: cannot be read as JSON/);
    project.write('services/ab/src/b.service.ts', service('b'));
    project.write('services/ab/node_modules/x/main.ts', service('x'));
    project.write('services/ab/package.json', '{}');
    await micro.prints(/b\.service\.ts is new: b starts/);
    await until('a and b', are('a b'));
    const folder = join(project.folder, 'services/ab');
    rmSync(folder, { recursive: true });
    await micro.prints(/b\.service\.ts is gone: b is stopped/);
    await until('a alone', are('a'));
    const from = micro.output().length;
    project.write('services/ab/src/b.service.ts', service('again'));
    await micro.prints(/b\.service\.ts is new: b starts/, from);
    await until('a and again', are('a again'));
    project.write('services/ab/src/b.service.ts', service('changed'));
    await until('a and changed', are('a changed'));
    expect(micro.output()).not.toMatch(/\ba starts|\bx starts|main starts/);
    micro.process.kill('SIGINT');
    expect(await micro.ended).toBe(0);
  });

  it('starts again what crashes, and says so', async () => {
    project = new Project({ 'greeter.service.ts': greeter('Hello'), 'mark.ts': mark });
    const micro = project.micro(['run', '--no-watch']);
    await micro.prints(/1 of 1 up/);
    const caller = await client();
    const { pid } = await hello(caller);
    await caller.call('greeter', 'Greeter.Crash');
    await micro.prints(/greeter ended with code 7; starts again in 0\.\d s/);
    await until('another', async () => (await hello(caller).catch(() => ({ pid }))).pid !== pid);
  });

  it('kills what ignores SIGTERM, and tells by its exit code', async () => {
    const main = `process.on('SIGTERM', () => console.log('no')); setInterval(() => 0, 1e3); console.log('pid', process.pid);`;
    project = new Project({ 'main.ts': main });
    const micro = project.micro(['run', '--stop-timeout', '500']);
    const pid = Number((await micro.prints(/pid (\d+)/))[1]);
    micro.process.kill('SIGTERM');
    expect(await micro.ended).toBe(1);
    expect(micro.output()).toMatch(/project \| no\n[^]*did not stop in 0\.5 s, and was killed/);
    expect(alive(pid)).toBe(false);
  });

  it('takes its programs with it when it is killed', async () => {
    project = new Project({ 'greeter.service.ts': greeter('Hello'), 'mark.ts': mark });
    const micro = project.micro(['run']);
    await micro.prints(/1 of 1 up/);
    const { pid } = await hello(await client());
    micro.process.kill('SIGKILL');
    const killed = performance.now();
    await until('the end of the program', () => !alive(pid));
    process.stdout.write(`    gone ${Math.round(performance.now() - killed)} ms after kill -9\n`);
  });

  it('takes with it what never listens', async () => {
    const main = `process.on('SIGTERM', () => 0); console.log('pid', process.pid); setTimeout(() => { for (;;); }, 300);`;
    project = new Project({ 'main.ts': main });
    const micro = project.micro(['run']);
    const pid = Number((await micro.prints(/pid (\d+)/))[1]);
    await pause(600);
    micro.process.kill('SIGKILL');
    await until('the end of the program', () => !alive(pid));
  });

  it('lets a program with a port of its own go before it starts it again', async () => {
    const main = (text: string): string =>
      `import { createServer } from 'node:http';\n` +
      `createServer((_, answer) => answer.end('${text}')).listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('listens'));`;
    const [port = 0] = await freePorts(1);
    project = new Project({ 'main.ts': main('one'), '.env': `PORT=${port}` });
    const micro = project.micro(['run']);
    await micro.prints(/1 of 1 up/);
    const answer = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.text() ?? 'nothing';
    await until('the first one', async () => (await answer()) === 'one');
    writeFileSync(join(project.folder, 'main.ts'), main('two'));
    await micro.prints(/wants a port of its own/);
    await until('the new one', async () => (await answer()) === 'two');
    const from = micro.output().length;
    project.write('main.ts', 'const = 1;');
    await micro.prints(/ended with code 1; starts again in/, from);
    project.write('main.ts', main('three'));
    await until('the good one', async () => (await answer()) === 'three');
  });

  it('runs standard decorators, and packages of CommonJS', async () => {
    project = new Project({
      'package.json': '{"workspaces":["packages/*"]}',
      'packages/old/package.json': '{"name":"@x/old"}',
      'packages/old/src/main.ts': `
        import { run, Service, Handler } from 'micro-ts';
        import { n } from './n';
        @Service('old') class Old { @Handler() async n(): Promise<{ n: number; cjs: boolean }> { return { n, cjs: typeof require === 'function' }; } }
        void run(Old);`,
      'packages/old/src/n.ts': 'export const n = 1;',
      'packages/tc39/package.json': '{"name":"@x/tc39","type":"module"}',
      'packages/tc39/tsconfig.json':
        '{ "compilerOptions": { "target": "es2022", /* standard */ }, }',
      'packages/tc39/src/main.mts': `
        import { Inject, Logger, run, Service, Handler } from 'micro-ts';
        import { n } from './n.js';
        @Service('tc39') class New { @Inject(Logger) log!: Logger; @Handler() async n(): Promise<{ n: number; injected: boolean }> { return { n, injected: this.log instanceof Logger }; } }
        await run(New);`,
      'packages/tc39/src/n.ts': 'export const n = 2;',
    });
    const micro = project.micro(['run']);
    await micro.prints(/2 of 2 up/);
    const caller = await client();
    expect(await caller.call('old', 'Old.N')).toEqual({ n: 1, cjs: true });
    expect(await caller.call('tc39', 'New.N')).toEqual({ n: 2, injected: true });
    const from = micro.output().length;
    project.write('micro.config.json', JSON.stringify({ ...project.config, version: '9' }));
    await micro.prints(/old is up again/, from);
    await micro.prints(/tc39 is up again/, from);
    await until('both', async () =>
      (await caller.lookup('tc39')).every(({ version }) => version === '9'),
    );
  });

  it('says what is wrong with the command', async () => {
    project = new Project();
    const nothing = project.micro(['run']);
    expect(await nothing.ended).toBe(2);
    expect(nothing.output()).toMatch(/there is no program here/);
    const absent = project.micro(['run', 'nowhere']);
    expect(await absent.ended).toBe(2);
    project.write('main.ts', '');
    const unknown = project.micro(['run', '--only', 'mian']);
    expect(await unknown.ended).toBe(2);
    expect(unknown.output()).toMatch(/there is no program mian\n {2}These are: project/);
    const env = project.micro(['run', '--env-file', 'no.env']);
    // Node 20 takes the flag for its own, and refuses the file itself.
    expect([2, 9]).toContain(await env.ended);
    expect(env.output()).toMatch(/no\.env/);
  });

  it('gives variables, those of the process over --env-file over .env', async () => {
    const main = `console.log([process.env['ONE'], process.env['TWO'], process.env['THREE']].join()); setInterval(() => 0, 1e3);`;
    project = new Project({
      ...{ 'main.ts': main, '.env': 'ONE=1\nTWO=1\nTHREE=1', 'my.env': 'TWO=2\nTHREE=2' },
    });
    const micro = project.micro(['run', '--env-file', 'my.env'], { THREE: '3' });
    await micro.prints(/project \| 1,2,3/);
    await micro.prints(/1 of 1 up/);
    project.write('my.env', 'TWO=4');
    await micro.prints(/project \| 1,4,3/);
  });

  it('ends when all that it started has ended', async () => {
    project = new Project({ 'main.ts': `process.stdout.write('done');` });
    const micro = project.micro(['run', '--no-watch']);
    expect(await micro.ended).toBe(0);
    expect(micro.output()).toMatch(/project \| done\n/);
  });
});
