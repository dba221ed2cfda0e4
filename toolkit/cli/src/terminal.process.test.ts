// The shell as a person has it: at a terminal, which util-linux' `script` makes.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { World } from './cli.test.fixture.ts';

const world = new World();
afterAll(() => world.close());

const there = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

(there ? it : it.skip)(
  'micro alone is a shell, with completion, history and Ctrl-C',
  async () => {
    await world.greeter();
    const { spawnargs, spawnfile } = world.start(['--version']).child;
    const command = [spawnfile, ...spawnargs.slice(1, -1)].map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: world.folder,
      env: {
        ...process.env,
        MICRO_REGISTRY_ADDRESS: join(world.folder, 'nodes'),
        XDG_STATE_HOME: join(world.folder, 'state'),
        TERM: 'xterm',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    const type = async (keys: string, until: RegExp): Promise<void> => {
      shown = '';
      terminal.stdin.write(keys);
      const began = performance.now();
      while (!until.test(shown)) {
        if (performance.now() - began > 30_000) throw new Error(`${String(until)}: ${shown}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    try {
      await type('', /micro> /);
      await type('call gre\t', /greeter /);
      await type('Greeter.H\t', /Hello /);
      await type('--name Ann\r', /"message": "Hello Ann"[^]*micro> /);
      await type('subscribe nobody\r', /subscribed to nobody/);
      await type('\x03', /micro> /);
      await type('typed in vain\x03', /micro> /);
      await type('list\r', /greeter\r\n[^]*micro> /);
      const ended = new Promise((resolve) => terminal.once('close', resolve));
      terminal.stdin.write('\x04');
      expect(await ended).toBe(0);
    } finally {
      terminal.kill('SIGKILL');
    }
    const file = join(world.folder, 'state/micro/history');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').split('\n')).toEqual([
      'call greeter Greeter.Hello --name Ann',
      'subscribe nobody',
      'list',
    ]);
  },
  180_000,
);
