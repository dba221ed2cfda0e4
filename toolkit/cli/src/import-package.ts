import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from 'micro-ts';

/**
 * Loads a package that does not come with the command: as the working folder has it, else as this
 * command has it.
 * @throws ConfigError with the line that installs it
 */
export async function importPackage(name: string): Promise<Readonly<Record<string, unknown>>> {
  const file = locate(name);
  if (file === undefined) throw new ConfigError(name, 'is not installed', `npm install ${name}`);
  return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
}

function locate(name: string): string | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url])
    try {
      return createRequire(from).resolve(name);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'MODULE_NOT_FOUND') throw error;
    }
  return undefined;
}
