import { join } from 'node:path';
import { temporaryFolder, write } from './packages.test.fixture.ts';
import { build, start } from './programs.test.fixture.ts';

const folder = temporaryFolder();
let program: string;
beforeAll(() => {
  program = build(folder, 'loading');
});

let count = 0;

/** Runs the program from a package of these files; resolves with what it printed. */
async function load(files: Record<string, string>, entry = 'dist/main.mjs') {
  const place = join(folder, `case-${(count += 1)}`);
  for (const [path, text] of Object.entries(files)) write(place, path, text);
  const main = write(place, entry, `import '${program}';`);
  const { output, ended } = start(main);
  await ended;
  const lines = output.out.replaceAll(`${place}/`, '').trim();
  return { out: lines.startsWith('{') ? JSON.parse(lines) : lines, err: output.err };
}

const modern = '{ "type": "module" }';
const old = '{ "name": "old" }';

describe('loadConfig under plain Node', () => {
  it.each<[string, Record<string, string>, string]>([
    ['ts', { 'micro.config.ts': 'export default { deadline: 5 as number };' }, modern],
    [
      'ts with enums',
      { 'micro.config.ts': 'enum A { five = 5 }\nexport default { deadline: A.five };' },
      modern,
    ],
    [
      'ts that imports ts by .js, and without extension',
      {
        'micro.config.ts': "import { deadline } from './src/a.js'; export default { deadline };",
        'src/a.ts': "import { b } from './b'; export const deadline: number = b;",
        'src/b.ts': 'export const b: number = 5;',
      },
      modern,
    ],
    ['js', { 'micro.config.js': 'export default { deadline: 5 };' }, modern],
    ['mjs', { 'micro.config.mjs': 'export default { deadline: await 5 };' }, old],
    ['json', { 'micro.config.json': '{ "deadline": 5 }' }, old],
    [
      'ts in a package without a type',
      { 'micro.config.ts': 'export default { deadline: 5 };' },
      old,
    ],
    [
      'js in a package without a type',
      { 'micro.config.js': 'export default { deadline: 5 };' },
      old,
    ],
    ['js as CommonJS', { 'micro.config.js': 'module.exports = { deadline: 5 };' }, old],
    [
      'js that was compiled to CommonJS',
      {
        'micro.config.js':
          'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { deadline: 5 };',
      },
      old,
    ],
  ])('reads %s, and prints no warning', async (_what, files, manifest) => {
    const { out, err } = await load({ 'package.json': manifest, ...files });
    expect(out).toMatchObject({ config: { deadline: 5 }, file: Object.keys(files)[0] });
    expect(err).toBe('');
  });

  it('reads one outside of any package', async () => {
    const { out, err } = await load({ 'micro.config.ts': 'export default { retries: 1 };' });
    expect(out).toMatchObject({ config: { retries: 1 } });
    expect(err).toBe('');
  });

  it('prefers the one beside the program', async () => {
    const { out } = await load({
      'micro.config.ts': 'throw new Error("not this one");',
      'dist/micro.config.mjs': 'export default { deadline: 7 };',
    });
    expect(out).toMatchObject({ config: { deadline: 7 }, file: 'dist/micro.config.mjs' });
  });

  it('makes do without one', async () => {
    expect((await load({})).out).toEqual({ config: {} });
  });

  it.each<[string, string, string]>([
    [
      'micro.config.mjs',
      '',
      'micro.config.mjs: exports nothing\n  Write: export default defineConfig({ … })',
    ],
    ['micro.config.ts', 'export const config = {};', 'micro.config.ts: exports nothing'],
    [
      'micro.config.mjs',
      "\n\nthrow new Error('too bad');",
      'micro.config.mjs: throws as it loads: too bad\n  at micro.config.mjs:3:7',
    ],
    ['micro.config.mjs', 'throw null;', 'micro.config.mjs: throws as it loads: null'],
    [
      'micro.config.mjs',
      'export default {{};',
      'micro.config.mjs: throws as it loads: ParseError: Unexpected token\n  at micro.config.mjs:1:',
    ],
    [
      'micro.config.ts',
      'export default {{};',
      'micro.config.ts: throws as it loads: ParseError: Unexpected token\n  at micro.config.ts:1:',
    ],
    [
      'micro.config.mjs',
      "import '@acme/absent/deep';",
      'micro.config.mjs: imports @acme/absent/deep, which is not installed\n  npm install @acme/absent',
    ],
    [
      'micro.config.ts',
      "import a from '@acme/absent'; export default a as object;",
      'micro.config.ts: imports @acme/absent, which is not installed\n  npm install @acme/absent',
    ],
    [
      'micro.config.mjs',
      "import './absent.js';",
      'micro.config.mjs: imports a file that is not there: ',
    ],
    ['micro.config.json', '{ "deadline": }', 'micro.config.json: cannot be read as JSON: '],
    ['micro.config.json', '[]', 'micro.config.json: holds a list, not a configuration'],
    ['micro.config.mjs', 'export default () => ({});', 'micro.config.mjs: holds a function, not a'],
    [
      'micro.config.json',
      '{ "deadlin": 5 }',
      'deadlin: is not known (micro.config.json)\n  Did you mean "deadline"?',
    ],
  ])('says what is wrong with %s: %s', async (name, text, message) => {
    const { out, err } = await load({ 'package.json': modern, [name]: text });
    expect(out).toContain(`ConfigError: ${message}`);
    expect(err).toBe('');
  });
});
