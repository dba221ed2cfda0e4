import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Configurations, and what the compiler says of each; nothing where it is right. */
const snippets: readonly (readonly [what: string, config: string, error?: RegExp])[] = [
  ['nothing', '{}'],
  ['a name', "{ registry: 'local', transport: 'http', broker: 'memory' }"],
  ['a name with options', "{ registry: ['local', { folder: '/tmp/x' }] }"],
  ['a name with no options given', "{ registry: ['local', {}] }"],
  ['a list of transports', "{ transport: ['http', 'memory'] }"],
  ['a list of transports with options', "{ transport: [['http', {}], 'memory', http()] }"],
  ['a value', '{ transport: http(), broker: http() }'],
  ['a value that is not called', '{ registry: local }'],
  ['a package with a scope', "{ registry: '@acme/registry' }"],
  ['a package with a scope and options', "{ registry: ['@acme/registry', { any: 1 }] }"],
  ['a file', "{ broker: './my-broker.ts', registry: ['../shared.ts', { a: 1 }] }"],
  ['a selector of core', "{ selector: 'round-robin' }"],
  [
    'values',
    "{ deadline: Infinity, limits: { messageBytes: 1 }, debug: { expose: true }, log: 'warn' }",
  ],
  ['labels', "{ metadata: { zone: 'eu-1' } }"],
  [
    'interceptors',
    '{ interceptors: { client: [(next) => async (call) => next(call.with({ metadata: call.metadata }))] } }',
  ],

  ['a key that is unknown', "{ regsitry: 'local' }", /Did you mean.*'registry'/],
  ['a name that is unknown', "{ registry: 'loca' }", /Did you mean '"local"'/],
  ['a plugin that is not installed', "{ registry: 'zookeeper' }", /"zookeeper"/],
  ['a plugin without that role', "{ broker: 'local' }", /"local"/],
  [
    'a value without that role',
    '{ broker: local() }',
    /"registry".*is not assignable to type 'Use<"broker">'/,
  ],
  [
    'a value without that role, not called',
    '{ broker: local }',
    /"registry".*is not assignable to type 'Use<"broker">'/,
  ],
  [
    'an option that is unknown',
    "{ registry: ['local', { foldr: '/x' }] }",
    /Did you mean to write 'folder'/,
  ],
  ['an option of a wrong type', "{ registry: ['local', { folder: 5 }] }", /number/],
  ['an option that is unknown in a list', "{ transport: [['http', { prot: 1 }]] }", /prot/],
  ['a package without a scope', "{ registry: 'some-registry' }", /"some-registry"/],
  ['a wrong value', "{ deadline: '5s' }", /string/],
  ['a wrong level', "{ log: 'loud' }", /"loud"/],
  ['a label that is no string', '{ metadata: { zone: 1 } }', /number/],
];

const folder = __dirname;
const nameOf = (index: number): string => join(folder, `snippet-${index}.ts`);
const source = (config: string): string => `
  import http from '@micro-ts/http';
  import local from '@micro-ts/local';
  import { defineConfig } from './index.ts';
  export const used = [http, local];
  export default defineConfig(${config});`;

/** What the compiler says of each snippet: all of them in one program, none of them on disk. */
function compile(): readonly string[] {
  const root = join(folder, '../../../tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(root, ts.sys.readFile).config,
    ts.sys,
    dirname(root),
  );
  const settings = { ...options, composite: false, incremental: false, noEmit: true };
  const texts = new Map(snippets.map(([, config], index) => [nameOf(index), source(config)]));
  const host = ts.createCompilerHost(settings);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  const program = ts.createProgram([...texts.keys()], settings, host);
  return [...texts.keys()].map((name) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
      .join('\n');
  });
}

describe('defineConfig', () => {
  let said: readonly string[];
  beforeAll(() => {
    said = compile();
  }, 60_000);

  const numbered = snippets.map(([what, , error], index) => ({ what, error, index }));

  it.each(numbered.filter(({ error }) => error === undefined))('takes $what', ({ index }) => {
    expect(said[index]).toBe('');
  });

  it.each(numbered.filter(({ error }) => error !== undefined))('refuses $what', (snippet) => {
    expect(said[snippet.index]).toMatch(snippet.error ?? '');
  });
});
