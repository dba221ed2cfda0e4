import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from 'micro-ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What the files that were asked for held when they were first read. Node 20 takes every `--env-file`
 * for its own and loads it, so this process may have these values without anybody having given them.
 */
const first = new Map<string, Variables>();

/**
 * Variables of a program: those of this process over the files that were asked for (of two, the later
 * one wins) over the `.env` in the program's folder.
 * @throws ConfigError for a file that was asked for and cannot be read
 */
export function variablesFor(folder: string, files: readonly string[]): Variables {
  const own = join(folder, '.env');
  const asked = files.map((file) => {
    const read = readVariables(file);
    if (!first.has(file)) first.set(file, read);
    return read;
  });
  const loaded = Object.assign({}, ...files.map((file) => first.get(file))) as Variables;
  const given = Object.entries(process.env).filter(([name, value]) => loaded[name] !== value);
  const usual = existsSync(own) ? readVariables(own) : {};
  return Object.assign({}, usual, ...asked, Object.fromEntries(given)) as Variables;
}

function readVariables(file: string): Variables {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code ?? (error as Error).message);
    throw new ConfigError('--env-file', `${file} cannot be read: ${code}`);
  }
}
