import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

// One set of services, compiled and run in every way that users have, against the built packages.

const core = join(__dirname, '..');
const root = join(core, '../..');
const fixtures = join(core, 'fixtures/loaders');
const tsc = ['tsc legacy, metadata', 'tsc legacy', 'tsc standard'];
const others = [
  'swc legacy, metadata',
  'swc legacy',
  'swc standard 2022-03',
  'swc standard 2023-11',
  'tsx legacy',
  'tsx standard',
];

interface Outcome {
  readonly greeter: unknown;
  readonly letters?: unknown;
  readonly bare?: readonly string[];
  readonly hidden?: string;
  readonly hiding?: string;
}
const outcomes = new Map<string, Outcome>();
let scratch = '';

async function node(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const options = { cwd: root, env: { ...process.env, ...env, NODE_OPTIONS: '' } };
  return (await promisify(execFile)(process.execPath, [...args], options)).stdout;
}

async function outcomeOf(mode: string): Promise<Outcome> {
  const kind = mode.includes('legacy') ? 'legacy' : 'standard';
  if (mode.startsWith('tsx')) {
    const env = { TSX_TSCONFIG_PATH: join(fixtures, `tsconfig.${kind}.json`) };
    const main = join(fixtures, `main.${kind}.ts`);
    return JSON.parse(await node(['--import', 'tsx', main], env)) as Outcome;
  }
  const folder = mkdtempSync(join(scratch, 'out-'));
  await node([join(fixtures, 'compile.mjs'), mode, folder]);
  return JSON.parse(await node([join(folder, `main.${kind}.js`)])) as Outcome;
}

async function runAll(modes: readonly string[]): Promise<void> {
  for (const mode of modes) outcomes.set(mode, await outcomeOf(mode));
}

beforeAll(async () => {
  await node([join(root, 'scripts/build.mjs'), 'framework/core', 'plugins/validation']);
  mkdirSync(join(core, '.cache'), { recursive: true });
  scratch = mkdtempSync(join(core, '.cache/loaders-'));
  await Promise.all([runAll(tsc), runAll(others)]);
}, 300_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const endpoints = [
  ['Greeter.Hello', 'unary', ['$schema', 'type', 'properties', 'required']],
  ['Greeter.Countdown', 'server', []],
  ['Greeter.Upload', 'client', []],
  ['Greeter.Chat', 'bidi', []],
  ['Greeter.Hearsay', 'unary', []],
  ['Greeter.Note', 'event', []],
  ['Greeter.Note', 'event', []],
];

describe.each([...tsc, ...others])('compiled by %s', (mode) => {
  const legacy = mode.includes('legacy');

  it('answers every kind of call, and gets events', () => {
    expect(outcomes.get(mode)?.greeter).toEqual({
      hello: { message: 'Hello Ann, Rex', born: '2001-02-03T04:05:06.000Z', serial: '1' },
      invalid: expect.stringContaining('name: Too small') as string,
      down: [3, 2, 1, 0],
      length: 3,
      said: ['A', 'B'],
      heard: ['Ann', 'Ann', 'Ann'],
      endpoints: [
        { service: 'greeter', version: '1.0.0', endpoints },
        { service: 'loud', version: 'latest', endpoints },
      ],
    });
  });

  if (!legacy) {
    it('injects into #private fields and accessors', () => {
      // SWC 1.16 writes `desc` for a variable that it calls `desc1`, in its helper for these.
      const broken = mode === 'swc standard 2023-11';
      const { hidden, hiding } = outcomes.get(mode) ?? {};
      expect([hidden, hiding]).toEqual(
        broken
          ? ['', 'Hidden could not be made: desc is not defined']
          : ['one 3 1 true', 'nothing'],
      );
    });
    return;
  }

  it('injects into constructors and checks the classes of class-validator', () => {
    expect(outcomes.get(mode)?.letters).toEqual({
      written: { message: 'Hello Ann', isDate: true, stamp: 85, shared: true },
      unwritten: 'to.name: must be longer than or equal to 2 characters',
    });
  });

  it('uses emitted types, or says at boot what is missing', () => {
    const silent = [
      expect.stringMatching(
        /^Prices: nothing says what to inject as constructor parameter 1\n {2}Put @Inject\(Token\)/,
      ) as string,
      expect.stringMatching(/^Dates\.date: .*\n {2}Write @Handler\(\{ request: /) as string,
    ];
    const emits = mode.includes('metadata');
    expect(outcomes.get(mode)?.bare).toEqual(emits ? ['nothing', 'nothing'] : silent);
  });
});
