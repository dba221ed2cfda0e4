import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const check = join(__dirname, '../fixtures/types/check.mjs');

interface Result {
  readonly differences: readonly string[];
  readonly met: number;
}

describe('what users write, as the compiler sees it', () => {
  it.each([
    ['legacy', 77],
    ['standard', 76],
  ])(
    'compiles or fails with a sentence, with %s decorators',
    async (mode, complaints) => {
      const { stdout } = await promisify(execFile)(process.execPath, [check, mode]);
      const { differences, met } = JSON.parse(stdout) as Result;
      expect(differences).toEqual([]);
      expect(met).toBe(complaints);
    },
    120_000,
  );
});
