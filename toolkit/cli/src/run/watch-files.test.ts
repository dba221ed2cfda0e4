import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@micro-ts/testing';
import { watchFiles } from './watch-files.ts';

let folder: string;
let watched: ReturnType<typeof watchFiles>;
const told = new Set<string>();
const write = (name: string): string => {
  const file = join(folder, name);
  writeFileSync(file, String(performance.now()));
  return file;
};

beforeEach(() => {
  told.clear();
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'micro-watch-')));
});
afterEach(async () => {
  await watched.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Watches; resolves when it has begun. */
async function begin(what: Parameters<typeof watchFiles>[0]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const changed = (files: ReadonlySet<string>): void => {
      for (const file of files) told.add(file);
      resolve();
    };
    watched = watchFiles(what, changed, reject);
  });
}

it('tells of files in a folder that is added, whose name begins as that of another', async () => {
  for (const name of ['a', 'ab']) mkdirSync(join(folder, name));
  await begin({ folders: [join(folder, 'a')], places: [join(folder, 'a')] });
  const file = write('ab/one.txt');
  watched.addFiles([file]);
  await eventually(() => {
    write('ab/one.txt');
    expect(told).toContain(file);
  });
});
