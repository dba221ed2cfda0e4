import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../usage-error.ts';
import { createService } from './create-service.ts';

describe('a service that is a project of its own', () => {
  let cwd: string;
  beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'micro-new-'))));
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  it('is made in any folder, and says what to do next', async () => {
    const { folder, lines } = await createService({ name: 'acme.greeter', cwd });
    expect(folder).toBe(join(cwd, 'greeter'));
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
      '.dockerignore',
      '.gitignore',
      'Dockerfile',
      'README.md',
      'eslint.config.mjs',
      'jest.config.json',
      'micro.config.ts',
      'package.json',
      'src',
      'src/greeter.dto.ts',
      'src/greeter.service.test.ts',
      'src/greeter.service.ts',
      'src/main.ts',
      'tsconfig.build.json',
      'tsconfig.json',
    ]);
    expect(lines.slice(-4)).toEqual(['Next:', '  cd greeter', '  npm install', '  npm run serve']);
  });

  it('is made where one is', async () => {
    const { folder, lines } = await createService({ name: 'greeter', directory: '.', cwd });
    expect(folder).toBe(cwd);
    expect(lines.slice(-3)).toEqual(['Next:', '  npm install', '  npm run serve']);
  });

  it('is told and not made by a dry run', async () => {
    const dry = { name: 'greeter', cwd, dryRun: true, install: true };
    const { lines } = await createService(dry);
    expect(readdirSync(cwd)).toEqual([]);
    expect(lines[0]).toBe('would create greeter/.dockerignore');
    expect(lines.at(-1)).toBe('Nothing was written: this was a dry run.');
    const { lines: made } = await createService({ name: 'greeter', cwd });
    const told = (all: readonly string[], verb: string): readonly string[] =>
      all.filter((line) => line.startsWith(verb)).map((line) => line.slice(verb.length));
    expect(told(lines, 'would create ')).toEqual(told(made, 'created '));
    writeFileSync(join(cwd, 'greeter/src/main.ts'), '// mine\n');
    await createService({ ...dry, force: true });
    expect(readFileSync(join(cwd, 'greeter/src/main.ts'), 'utf8')).toBe('// mine\n');
  });

  it('is not changed by the same command', async () => {
    await createService({ name: 'greeter', cwd });
    const { lines } = await createService({ name: 'greeter', cwd });
    expect(lines).toEqual(['greeter is as it would be written: nothing to change.']);
  });

  it('keeps what was edited, unless it is forced', async () => {
    await createService({ name: 'greeter', cwd });
    const file = join(cwd, 'greeter/src/main.ts');
    const original = readFileSync(file, 'utf8');
    writeFileSync(file, '// mine\n');
    const { lines } = await createService({ name: 'greeter', cwd });
    expect(lines).toEqual([
      'greeter/src/main.ts differs from what would be written, and is kept; --force overwrites it.',
    ]);
    expect(readFileSync(file, 'utf8')).toBe('// mine\n');
    await createService({ name: 'greeter', cwd, force: true });
    expect(readFileSync(file, 'utf8')).toBe(original);
  });

  it('does not move in with something else', async () => {
    mkdirSync(join(cwd, 'greeter'));
    writeFileSync(join(cwd, 'greeter/notes.txt'), '');
    await expect(createService({ name: 'greeter', cwd })).rejects.toThrow('is not empty');
    writeFileSync(join(cwd, 'greeter/package.json'), '{ "name": "greeter" }');
    await expect(createService({ name: 'greeter', cwd })).rejects.toThrow(UsageError);
    await expect(
      createService({ name: 'greeter', directory: 'greeter/notes.txt', cwd }),
    ).rejects.toThrow('is a file');
    expect(readdirSync(join(cwd, 'greeter')).sort()).toEqual(['notes.txt', 'package.json']);
  });

  it('refuses what the generator refuses, before it writes', async () => {
    await expect(createService({ name: 'Greeter', cwd })).rejects.toThrow(UsageError);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('says what a workspace of nx lacks', async () => {
    writeFileSync(join(cwd, 'nx.json'), '{}');
    writeFileSync(join(cwd, 'package.json'), '{}');
    await expect(createService({ name: 'greeter', cwd })).rejects.toThrow(
      'npm install --save-dev nx',
    );
  });
});
