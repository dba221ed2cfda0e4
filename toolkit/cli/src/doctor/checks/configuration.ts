import { relative } from 'node:path';
import { ConfigError } from 'micro-ts';
import { broken, fine } from '../finding.ts';
import type { Found } from '../finding.ts';
import type { Surroundings } from '../surroundings.ts';

/** Whether the file, the variables and the plugins that they name make an app. */
export async function checkConfiguration(around: Surroundings): Promise<readonly Found[]> {
  try {
    const { file } = await around.config();
    await around.app();
    const shown = file === undefined ? undefined : relative(process.cwd(), file) || file;
    return [fine(shown ?? 'no micro.config.ts: everything is by default')];
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ConfigError') throw error;
    const [what = '', ...fix] = error.message.split('\n  ');
    return [broken(what, 'No program of this folder starts', fix.join(' ') || fixOf(error))];
  }
}

const fixOf = (error: Error): string =>
  error instanceof ConfigError ? `Correct ${error.key}` : 'Correct it';
