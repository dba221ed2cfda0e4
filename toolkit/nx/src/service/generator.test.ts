import { addProjectConfiguration, readJson } from '@nx/devkit';
import * as ts from 'typescript';
import { UsageError } from '../usage-error.ts';
import { contents, emptyWorkspace, told } from '../workspace.test.fixture.ts';
import { serviceGenerator } from './generator.ts';
import type { ServiceGeneratorOptions } from './generator.ts';

const folder = 'services/greeter';
const greeter: ServiceGeneratorOptions = { name: 'greeter' };
const everything: ServiceGeneratorOptions = {
  name: 'acme.user-profile',
  directory: 'apps/users',
  registry: 'etcd',
  transport: 'nats',
  broker: 'nats',
  topic: 'user.greeted',
  http: true,
};

async function generated(options: ServiceGeneratorOptions) {
  const tree = emptyWorkspace();
  await serviceGenerator(tree, options);
  return tree;
}

describe('service', () => {
  it('has class, DTO, test, configuration, program and targets', async () => {
    const tree = await generated(greeter);
    const files = Object.keys(contents(tree)).filter((path) => path.startsWith(`${folder}/`));
    expect(files.map((path) => path.slice(folder.length + 1))).toEqual([
      '.dockerignore',
      'Dockerfile',
      'README.md',
      'jest.config.json',
      'micro.config.ts',
      'package.json',
      'project.json',
      'src/greeter.dto.ts',
      'src/greeter.service.test.ts',
      'src/greeter.service.ts',
      'src/main.ts',
      'tsconfig.build.json',
      'tsconfig.json',
    ]);
    const { name, targets } = readJson(tree, `${folder}/project.json`);
    expect(name).toBe('greeter');
    expect(Object.keys(targets)).toEqual(['serve', 'build', 'test', 'lint']);
    expect(readJson(tree, `${folder}/tsconfig.json`).extends).toBe('../../tsconfig.micro.json');
  });

  it('has what was asked for', async () => {
    const tree = await generated(everything);
    const text = (path: string) => tree.read(`apps/users/${path}`, 'utf-8');
    expect(text('src/user-profile.service.ts')).toContain("@Service('acme.user-profile'");
    expect(text('src/user-profile.service.ts')).toContain("'GET /user-profile/hello/:name'");
    expect(text('src/user-profile.topic.ts')).toContain("topic<Greeted>('user.greeted')");
    expect(text('micro.config.ts')).toContain("registry: 'etcd'");
    const plugins = { '@micro-ts/etcd': '0.1.0', '@micro-ts/nats': '0.1.0' };
    expect(readJson(tree, 'package.json').dependencies).toMatchObject(plugins);
    const { dependencies } = readJson(tree, 'apps/users/package.json');
    expect(Object.keys(dependencies)).toEqual([
      '@micro-ts/etcd',
      '@micro-ts/nats',
      'class-transformer',
      'class-validator',
      'micro-ts',
    ]);
  });

  it('does without a test', async () => {
    const tree = await generated({ ...greeter, test: false });
    expect(
      Object.keys(contents(tree)).filter((path) => /test\.ts|jest\.config/.test(path)),
    ).toEqual([]);
    expect(readJson(tree, `${folder}/project.json`).targets).not.toHaveProperty('test');
    expect(tree.read(`${folder}/README.md`, 'utf-8')).not.toContain('nx test');
  });

  it.each([greeter, everything, { ...greeter, http: true }, { ...greeter, topic: 'a.b' }])(
    'is TypeScript, whatever was asked for: %j',
    async (options) => {
      const wrong = Object.entries(contents(await generated(options)))
        .filter(([path]) => path.endsWith('.ts'))
        .flatMap(([fileName, text]) => {
          const { diagnostics = [] } = ts.transpileModule(text, {
            fileName,
            reportDiagnostics: true,
          });
          return diagnostics.map(({ messageText }) => `${fileName}: ${String(messageText)}`);
        });
      expect(wrong).toEqual([]);
    },
  );

  it.each([greeter, everything])(
    'changes nothing the second time, and says so: %j',
    async (options) => {
      const tree = await generated(options);
      const before = contents(tree);
      const said = await told(() => serviceGenerator(tree, options));
      expect(contents(tree)).toEqual(before);
      expect(said).toMatch(
        /^(greeter|user-profile) is as it would be written: nothing to change\.$/,
      );
    },
  );

  it('leaves an edited file alone, unless it is forced', async () => {
    const tree = await generated(greeter);
    const file = `${folder}/src/main.ts`;
    const original = tree.read(file, 'utf-8');
    tree.write(file, '// mine\n');
    const said = await told(() => serviceGenerator(tree, greeter));
    expect(said).toBe(
      `${file} differs from what would be written, and is kept; --force overwrites it.`,
    );
    expect(tree.read(file, 'utf-8')).toBe('// mine\n');
    await serviceGenerator(tree, { ...greeter, force: true });
    expect(tree.read(file, 'utf-8')).toBe(original);
  });

  it.each([
    [{ name: 'class' }, 'word of TypeScript'],
    [{ name: 'greeter', topic: 'greeter' }, 'is the name of the service'],
    [{ name: 'greeter', directory: '../greeter' }, 'not a folder within the workspace'],
    [{ name: 'greeter', directory: 'a/../..' }, 'not a folder within the workspace'],
    [{ name: 'greeter', directory: '/greeter' }, 'not a folder within the workspace'],
    [{ name: 'greeter', directory: 'C:\\greeter' }, 'not a folder within the workspace'],
    [{ name: 'greeter', directory: '.' }, 'not a folder within the workspace'],
    [{ name: 'greeter', registry: 'eureka' }, '--registry eureka is not known'],
    [{ name: 'orders' }, 'There is a project orders already, in libs/orders'],
    [{ name: 'greeter', directory: 'libs/orders' }, 'libs/orders is the folder of another project'],
    [{ name: 'orders', directory: 'libs/orders' }, 'libs/orders is the folder of another project'],
  ])('refuses %j, and writes nothing', async (options, why) => {
    const tree = emptyWorkspace();
    addProjectConfiguration(tree, 'orders', { root: 'libs/orders' });
    const before = contents(tree);
    await expect(serviceGenerator(tree, options)).rejects.toThrow(UsageError);
    await expect(serviceGenerator(tree, options)).rejects.toThrow(why);
    expect(contents(tree)).toEqual(before);
  });
});
