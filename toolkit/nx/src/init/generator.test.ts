import { readJson, updateJson, writeJson } from '@nx/devkit';
import { contents, emptyWorkspace, told } from '../workspace.test.fixture.ts';
import { initGenerator } from './generator.ts';

describe('init', () => {
  it('brings packages, and settings of compiler, tests and lint', async () => {
    const tree = emptyWorkspace();
    await initGenerator(tree, {});
    const { dependencies, devDependencies } = readJson(tree, 'package.json');
    expect(Object.keys(dependencies)).toEqual(['class-transformer', 'class-validator', 'micro-ts']);
    expect(Object.keys(devDependencies)).toEqual(
      expect.arrayContaining(['@swc/jest', 'eslint', 'jest', 'typescript', 'typescript-eslint']),
    );
    expect(readJson(tree, 'tsconfig.micro.json').compilerOptions).toMatchObject({
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    });
    expect(tree.read('jest.micro.json', 'utf-8')).toContain('"decoratorMetadata": true');
    expect(tree.read('.gitignore', 'utf-8')).toContain('dist\n');
    expect(tree.exists('eslint.config.mjs')).toBe(true);
  });

  it('changes nothing the second time, and says so', async () => {
    const tree = emptyWorkspace();
    await initGenerator(tree, {});
    const before = contents(tree);
    const said = await told(() => initGenerator(tree, {}));
    expect(contents(tree)).toEqual(before);
    expect(said).toBe('Micro is set up here already: nothing to change.');
  });

  it('leaves what the workspace has decided', async () => {
    const tree = emptyWorkspace();
    const tsconfig = tree.read('tsconfig.base.json', 'utf-8');
    const build = { executor: '@acme/build', cache: false };
    updateJson(tree, 'nx.json', (settings) => ({ ...settings, targetDefaults: { build } }));
    writeJson(tree, 'package.json', {
      dependencies: { jest: '29.0.0' },
      devDependencies: { typescript: '5.9.0', 'micro-ts': 'file:../micro' },
    });
    tree.write('eslint.config.js', 'export default [];');
    tree.write('.gitignore', '/dist/\n.nx');
    await initGenerator(tree, {});
    expect(readJson(tree, 'package.json')).toMatchObject({
      dependencies: { jest: '29.0.0' },
      devDependencies: { typescript: '5.9.0', 'micro-ts': 'file:../micro' },
    });
    expect(readJson(tree, 'package.json').devDependencies).not.toHaveProperty('eslint');
    expect(readJson(tree, 'nx.json').targetDefaults).toEqual({
      build,
      test: { cache: true },
      lint: { cache: true },
    });
    expect(tree.exists('eslint.config.mjs')).toBe(false);
    expect(tree.read('tsconfig.base.json', 'utf-8')).toBe(tsconfig);
    expect(tree.read('.gitignore', 'utf-8')).toBe('/dist/\n.nx\nnode_modules\ncoverage\n');
  });

  it('makes settings of nx where there are none', async () => {
    const tree = emptyWorkspace();
    tree.delete('nx.json');
    await initGenerator(tree, {});
    expect(readJson(tree, 'nx.json').targetDefaults.build).toEqual({
      cache: true,
      dependsOn: ['^build'],
    });
  });

  it('keeps settings of its own that were edited, unless it is forced', async () => {
    const tree = emptyWorkspace();
    await initGenerator(tree, {});
    const original = tree.read('tsconfig.micro.json', 'utf-8');
    tree.write('tsconfig.micro.json', '{}');
    const said = await told(() => initGenerator(tree, {}));
    expect(said).toBe(
      'tsconfig.micro.json differs from what would be written, and is kept; --force overwrites it.',
    );
    expect(tree.read('tsconfig.micro.json', 'utf-8')).toBe('{}');
    await initGenerator(tree, { force: true });
    expect(tree.read('tsconfig.micro.json', 'utf-8')).toBe(original);
  });
});
