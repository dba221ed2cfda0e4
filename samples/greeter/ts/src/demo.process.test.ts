import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@micro-ts/testing';

const folder = mkdtempSync(join(tmpdir(), 'greeter-'));
const source = ['--conditions=@micro-ts/source', '--import', 'tsx'];
const demo = spawn(process.execPath, [...source, join(__dirname, 'demo.ts')], {
  cwd: join(__dirname, '..'),
  env: { ...process.env, MICRO_REGISTRY_ADDRESS: join(folder, 'nodes') },
  detached: true,
  stdio: ['ignore', 'pipe', 'pipe'],
});
const ended = new Promise<number | null>((resolve) => demo.once('close', resolve));
let output = '';
for (const stream of [demo.stdout, demo.stderr])
  stream.on('data', (chunk) => (output += String(chunk)));

/** Resolves with what the pattern finds in all that was printed so far. */
const prints = (pattern: RegExp): Promise<string> =>
  eventually(() => {
    const found = pattern.exec(output);
    if (found === null) throw new Error(`${pattern} was not printed in time: ${output}`);
    return found[0];
  }, 60_000);

/** Processes of the demo's group that still run, where the system tells. */
function running(): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      const [, , group] = (readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1] ?? '').split(
        ' ',
      );
      return group === String(demo.pid);
    } catch {
      return false;
    }
  });
}

afterAll(() => {
  try {
    process.kill(-Number(demo.pid), 'SIGKILL');
  } catch {
    // Nothing is left of it, as it should be.
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('the demo', () => {
  it('says where the service listens, with a line to paste', async () => {
    await prints(/^greeter +\| greeter 1\.0\.0 listens on 127\.0\.0\.1:\d+/m);
    const line = await prints(/^curl .+$/m);
    const { stdout } = await promisify(execFile)('sh', ['-c', `${line} --silent --show-error`]);
    expect(JSON.parse(stdout)).toEqual({ message: 'Hello Ann' });
  }, 90_000);

  it('shows a call, a stream and an event', async () => {
    await prints(/^caller +\| call: Hello John$/m);
    await prints(
      /^caller +\| stream: 3\n(.*\n)*caller +\| stream: 2\n(.*\n)*caller +\| stream: 1$/m,
    );
    await prints(/^subscriber 1 \| broadcast: all of us cheer John$/m);
    await prints(/^subscriber 2 \| broadcast: all of us cheer John$/m);
    await prints(/^subscriber \d \| queue: it is mine to count John$/m);
    await prints(/^Paste the line/m);
    expect(output.match(/mine to count John/g)).toHaveLength(1);
    expect(output).not.toMatch(/warn|error|deprecat/i);
  }, 90_000);

  it('stops everything on Ctrl-C', async () => {
    expect(demo.exitCode).toBeNull();
    process.kill(-Number(demo.pid), 'SIGINT');
    expect([0, 130]).toContain(await ended);
    // What compiles for tsx ends a moment after the program that it compiles for.
    if (process.platform === 'linux') await eventually(() => expect(running()).toEqual([]));
    expect(output).not.toMatch(/warn|error|deprecat/i);
  }, 60_000);
});
