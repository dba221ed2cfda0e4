import { join } from 'node:path';
import { Project } from '../project.test.fixture.ts';
import { compile } from './compile.ts';
import { resolveTypeScript } from './resolve.ts';
import { optionsFor } from './tsconfig.ts';
import { pathToFileURL } from 'node:url';

const project = new Project({
  'tsconfig.json':
    '{ "extends": ["./one.json", "@x/base"], "compilerOptions": { "paths": { "@lib/*": ["libs/*/index.ts"] }, } }',
  'one.json':
    '{ /* a "comment" */ "compilerOptions": { "experimentalDecorators": true, "jsx": "http://x" } } // end',
  'node_modules/@x/base/package.json': '{}',
  'node_modules/@x/base/tsconfig.json':
    '{"compilerOptions":{"emitDecoratorMetadata":true,"target":"ES2022"}}',
  'circle/tsconfig.json':
    '{ "extends": "./tsconfig.json", "compilerOptions": { "target": "es2022" } }',
  'broken/tsconfig.json': '{',
  'libs/a/index.ts': '',
  ...{ 'src/main.ts': '', 'src/x.ts': '', 'src/y/index.ts': '', 'src/z.js': '', 'src/z.ts': '' },
});
afterAll(() => project.clear());
const at = (name: string): string => join(project.folder, name);

describe('what is read of tsconfig.json', () => {
  it('is merged with what it extends, comments and all', () => {
    expect(optionsFor(at('src/main.ts'))).toMatchObject({
      ...{ experimentalDecorators: true, emitDecoratorMetadata: true, target: 'ES2022' },
      ...{ jsx: 'http://x', base: project.folder },
    });
  });

  it('is nothing where it makes no sense', () => {
    expect(optionsFor(at('circle/a.ts'))).toEqual({ target: 'es2022' });
    expect(optionsFor(at('broken/a.ts'))).toEqual({});
  });

  it('decides over decorators', () => {
    const source = 'class A { constructor(b: B) {} @d m(c: C): void {} } class B {} class C {}';
    expect(compile(at('src/main.ts'), source, 'module')).toContain('design:paramtypes');
    expect(compile(at('circle/a.ts'), source, 'module')).not.toContain('design:paramtypes');
  });
});

describe('an import', () => {
  const resolved = (specifier: string): string | undefined =>
    resolveTypeScript(specifier, pathToFileURL(at('src/main.ts')).href)?.replace(
      pathToFileURL(project.folder).href,
      '',
    );

  it.each([
    ['./x.js', '/src/x.ts'],
    ['./x', '/src/x.ts'],
    ['./x?fresh', '/src/x.ts?fresh'],
    ['./y', '/src/y/index.ts'],
    ['@lib/a', '/libs/a/index.ts'],
    ['./x.ts', undefined],
    ['./z.js', undefined],
    ['./absent', undefined],
    ['node:fs', undefined],
    ['@lib/absent', undefined],
  ])('of %s means %s', (specifier, file) => expect(resolved(specifier)).toBe(file));
});
