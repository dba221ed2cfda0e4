// The shell as a person has it: at a terminal, which util-linux' `script` makes.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { World } from './cli.test.fixture.ts';

const world = new World();
afterAll(() => world.close());

const there = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
const ctrl = { c: '\x03', d: '\x04' };
const history = join(world.folder, 'state/micro/history');

/** `micro` at a terminal of its own. */
function openShell() {
  const { spawnargs, spawnfile } = world.start(['--version']).child;
  const command = [spawnfile, ...spawnargs.slice(1, -1)].map((word) => `'${word}'`).join(' ');
  // `exec`: else dash, which gets the terminal's Ctrl-C too, ends with 130 whatever micro says.
  const terminal = spawn('script', ['-qec', `exec ${command}`, '/dev/null'], {
    cwd: world.folder,
    env: {
      ...process.env,
      MICRO_REGISTRY_ADDRESS: join(world.folder, 'nodes'),
      XDG_STATE_HOME: join(world.folder, 'state'),
      TERM: 'xterm',
      SHELL: '/bin/sh',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const ended = new Promise((resolve) => terminal.once('close', resolve));
  return {
    /** Resolves when what is shown from then on tells it. */
    async type(keys: string, until: RegExp): Promise<void> {
      if (keys !== '') shown = '';
      terminal.stdin.write(keys);
      const began = performance.now();
      while (!until.test(shown)) {
        if (performance.now() - began > 30_000) throw new Error(`${String(until)}: ${shown}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    /** What the last keys show, and the exit code. */
    async end(keys: string) {
      shown = '';
      terminal.stdin.write(keys);
      return { code: await ended, shown };
    },
    kill: () => terminal.kill('SIGKILL'),
  };
}

(there ? describe : describe.skip)('micro alone', () => {
  let shell: ReturnType<typeof openShell>;
  beforeEach(() => (shell = openShell()));
  afterEach(() => shell.kill());

  it('is a shell, with completion, history and Ctrl-C', async () => {
    await world.greeter();
    await shell.type('', /micro> /);
    await shell.type('call gre\t', /greeter /);
    await shell.type('Greeter.H\t', /Hello /);
    await shell.type('--name Ann\r', /"message": "Hello Ann"[^]*micro> /);
    await shell.type('subscribe nobody\r', /subscribed to nobody/);
    await shell.type(ctrl.c, /micro> /);
    await shell.type(`typed in vain${ctrl.c}`, /micro> /);
    await shell.type('list\r', /greeter\r\n[^]*micro> /);
    expect(await shell.end(ctrl.d)).toEqual({ code: 0, shown: '\r\n' });
    expect(statSync(history).mode & 0o777).toBe(0o600);
    expect(readFileSync(history, 'utf8').split('\n')).toEqual([
      'call greeter Greeter.Hello --name Ann',
      'subscribe nobody',
      'list',
    ]);
  }, 180_000);

  it('ends when nobody types any more, though a command runs', async () => {
    await shell.type('', /micro> /);
    await shell.type('subscribe nobody\r', /subscribed to nobody/);
    await shell.type(ctrl.d, /^/);
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // Ctrl-C forgets what was not read
    const { code, shown } = await shell.end(ctrl.c);
    expect(shown).not.toMatch(/error/i);
    expect(code).toBe(0);
  }, 180_000);
});
