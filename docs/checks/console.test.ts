import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Console, exchangesOf } from './console.ts';

describe('the exchanges of a block', () => {
  it('are commands and what stands below them', () => {
    expect(exchangesOf('$ a \\\n> b\nx\n\ny\n$ c')).toEqual([
      { command: 'a \\\nb', output: 'x\n\ny\n', line: 0 },
      { command: 'c', output: '', line: 5 },
    ]);
  });
});

describe('the shell of a page', () => {
  let folder: string;
  let shell: Console;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'console-'));
    shell = new Console(folder, process.env, new Map(), { settling: 1_000 });
  });
  afterAll(() => {
    shell.close();
    rmSync(folder, { recursive: true });
  });
  const give = (command: string, output: string, mayFail = false) =>
    shell.give({ command, output, line: 0 }, { mayFail, order: 'as written' });

  it('remembers, compares, and tells what went wrong', async () => {
    expect(await give('x=1', '')).toBeUndefined();
    expect(await give('echo $x; echo wrong >&2', '1\nwrong\n')).toBeUndefined();
    expect(await give('printf no-line-end', 'no-line-end')).toBeUndefined();
    expect(await give('cat', '')).toBeUndefined();
    expect(await give('false', '')).toContain('ended with 1');
    expect(await give('false', '', true)).toBeUndefined();
  });

  it('waits for what goes on', async () => {
    expect(await give('(sleep 0.3; echo late) &', '')).toBeUndefined();
    expect(await give('echo now', 'now\nlate\n')).toBeUndefined();
  });

  it('finds a difference', async () => {
    expect(await give('echo a', 'b\n')).toContain('expected');
  }, 60_000);
});
