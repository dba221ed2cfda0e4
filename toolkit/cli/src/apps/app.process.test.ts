// An app of the toolkit as somebody else writes it, installed where the command is given.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { World } from '../cli.test.fixture.ts';

const world = new World();
afterAll(() => world.close());

/** `TEST_CLOSE=hangs` makes its closing hang. */
const source = `
import * as v from ${JSON.stringify(require.resolve('valibot').replace(/cjs$/, 'mjs'))};
const text = (initial) => v.optional(v.pipe(v.string(), v.description('told')), initial);
export default {
  name: 'api',
  summary: 'A gateway of theirs',
  options: v.strictObject({ address: text(':1'), title: text('none'), theme: text('light') }),
  start: async ({ address, title, theme }) => ({
    lines: [\`api at \${address}, \${title}, \${theme}\`],
    close: () => process.env.TEST_CLOSE === 'hangs' ? new Promise(() => {}) : Promise.resolve(),
  }),
};`;

beforeAll(() => {
  const folder = join(world.folder, 'node_modules/@micro-ts/api');
  mkdirSync(folder, { recursive: true });
  const manifest = { name: '@micro-ts/api', type: 'module', exports: './index.js' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'index.js'), source);
  const config = { toolkit: { api: { address: ':2', title: 'file', theme: 'dark' } } };
  writeFileSync(join(world.folder, 'micro.config.json'), JSON.stringify(config));
});

const env = { MICRO_API_ADDRESS: ':3', MICRO_API_TITLE: 'variable' };

describe('micro <app>', () => {
  it('reads flags over variables over the file, and ends when it is told', async () => {
    const app = world.start(['api', '--address', ':4'], { env });
    await app.prints(/api at :4, variable, dark/);
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(0);
  }, 60_000);

  it('ends at once on a second Ctrl-C', async () => {
    const app = world.start(['api'], { env: { ...env, TEST_CLOSE: 'hangs' } });
    await app.prints(/api at/);
    app.child.kill('SIGINT');
    await pause(800);
    expect(app.child.exitCode).toBeNull();
    // One that is not far enough from the first for the process counts as the same key press.
    while (app.child.exitCode === null) {
      app.child.kill('SIGINT');
      await pause(800);
    }
    expect(await app.ended).toBe(130);
  }, 60_000);

  it('lists its options with their defaults', async () => {
    const { code, out } = await world.micro('api --help');
    expect(code).toBe(0);
    expect(out).toMatch(/A gateway of theirs[^]*--theme <value> +told \(default: light\)/);
  }, 60_000);
});
