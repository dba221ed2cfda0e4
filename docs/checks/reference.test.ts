import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorCodes } from 'micro-ts';
import { readDocuments, root } from './documents.ts';
import { readFileSync } from 'node:fs';

describe('what the documents list', () => {
  it('has every code of errors.md as it is', () => {
    const text = readFileSync(join(root, 'docs/guide/errors.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)` \|.*\| (\d+) \| (\d+) \| (yes|no) \|$/gm)];
    const listed = rows.map(([, code = '', http, micro, again]) => [
      code,
      { http: Number(http), micro: Number(micro), retry: again === 'yes' },
    ]);
    expect(listed).toEqual(Object.entries(errorCodes));
  });

  it('has every export of micro-ts', async () => {
    await promisify(execFile)(process.execPath, [join(root, 'scripts/api.mjs'), '--check']);
  }, 60_000);

  it('leads to every guide', () => {
    const documents = readDocuments();
    const index = documents.find(({ path }) => path === 'docs/README.md');
    const linked = index?.links.map(({ target }) => join('docs', target.split('#')[0] ?? '')) ?? [];
    const found = (path: string): boolean =>
      linked.some((target) => path === target || path.startsWith(`${target}/`));
    const lost = documents
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md' && !found(path));
    expect(lost).toEqual([]);
  });
});
