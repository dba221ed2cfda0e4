import { join, relative } from 'node:path';
import { realpathSync } from 'node:fs';
import { findPrograms } from './find-programs.ts';
import { Project } from './project.test.fixture.ts';

let project: Project;
afterEach(() => project.clear());

/** What is found, as `name: file`. */
function found(files: Readonly<Record<string, string>>, ...places: readonly string[]): string[] {
  project = new Project(files);
  const folder = realpathSync(project.folder);
  const programs = findPrograms(
    (places.length === 0 ? ['.'] : places).map((each) => join(folder, each)),
  );
  return programs.map(({ name, file }) => `${name}: ${relative(folder, file)}`);
}

describe('findPrograms', () => {
  it('takes what package.json names, before anything else', () => {
    const manifest = '{"name":"@x/shop","micro":["src/a.ts","src/b.ts"]}';
    expect(
      found({ 'package.json': manifest, 'src/a.ts': '', 'src/b.ts': '', 'main.ts': '' }),
    ).toEqual(['a: src/a.ts', 'b: src/b.ts']);
  });

  it('takes the main file, called as the package is', () => {
    const manifest = '{"name":"@x/shop"}';
    expect(found({ 'package.json': manifest, 'src/main.ts': '', 'src/a.service.ts': '' })).toEqual([
      'shop: src/main.ts',
    ]);
  });

  it('takes the main of package.json if that is source', () => {
    expect(found({ 'package.json': '{"name":"s","main":"go.ts"}', 'go.ts': '' })).toEqual([
      's: go.ts',
    ]);
    void project.clear();
    expect(found({ 'package.json': '{"main":"dist/go.js"}', 'dist/go.js': '' })).toEqual([]);
  });

  it('takes each file of services, and no tests', () => {
    const files = { 'src/a.service.ts': '', 'src/b.service.ts': '', 'src/b.service.test.ts': '' };
    expect(found(files)).toEqual(['a: src/a.service.ts', 'b: src/b.service.ts']);
  });

  it('takes what the workspaces hold, and nothing of libraries', () => {
    const files = {
      'package.json': '{"workspaces":["services/*","!services/old"]}',
      ...{ 'services/a/package.json': '{"name":"a"}', 'services/a/main.ts': '' },
      ...{ 'services/old/package.json': '{"name":"old"}', 'services/old/main.ts': '' },
      ...{ 'services/lib/package.json': '{"name":"lib"}', 'services/lib/src/index.ts': '' },
    };
    expect(found(files)).toEqual(['a: services/a/main.ts']);
  });

  it('looks into folders, not those that are made, and names by path what is called the same', () => {
    const files = {
      'x/ts/main.ts': '',
      'y/ts/main.ts': '',
      'dist/main.ts': '',
      'node_modules/m/main.ts': '',
    };
    const names = found(files).map((line) => line.replace(/: .*/, ''));
    expect(names.map((name) => name.split('/').slice(-3).join('/'))).toEqual([
      'x/ts/main',
      'y/ts/main',
    ]);
  });

  it('takes a file as it is', () => {
    expect(found({ 'tool.ts': '', 'main.ts': '' }, 'tool.ts')).toEqual(['project: tool.ts']);
  });

  it('says what is not there', () => {
    expect(() => found({}, 'nowhere')).toThrow(/is not there/);
    expect(() => found({ 'package.json': '{"micro":"x.ts"}' })).toThrow(/there is no file x\.ts/);
    expect(() => found({ 'package.json': '{"micro":3}' })).toThrow(/should be a file/);
    expect(() => found({ 'package.json': '{' })).toThrow(/cannot be read as JSON/);
  });
});
