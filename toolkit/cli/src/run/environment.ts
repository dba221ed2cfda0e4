import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from 'micro-ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Variables of a program: those of this process over the files that were asked for (of two, the later
 * one wins) over the `.env` in the program's folder.
 * @throws ConfigError for a file that was asked for and cannot be read
 */
export function variablesFor(folder: string, files: readonly string[]): Variables {
  const own = join(folder, '.env');
  const asked = files.map((file) => read(file));
  return Object.assign({}, existsSync(own) ? read(own) : {}, ...asked, process.env) as Variables;
}

function read(file: string): Variables {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code ?? (error as Error).message);
    throw new ConfigError('--env-file', `${file} cannot be read: ${code}`);
  }
}
