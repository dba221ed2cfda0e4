import { relative } from 'node:path';
import { ConfigError } from 'micro-ts';
import { broken, fine } from '../finding.ts';
import type { Found } from '../finding.ts';
import type { Surroundings } from '../surroundings.ts';

/** Whether the file can be read. What is wrong with its plugins is found by those who open them. */
export async function checkConfiguration({ config }: Surroundings): Promise<readonly Found[]> {
  const { file } = await config();
  const shown = file === undefined ? undefined : relative(process.cwd(), file) || file;
  return [fine(shown ?? 'no micro.config.ts: everything is by default')];
}

/** Of whatever copy of our packages. */
export const isConfigError = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ConfigError';

/** What a ConfigError tells. */
export function misconfigured(error: Error): Found {
  const [what = '', ...fix] = error.message.split('\n  ');
  return broken(what, 'No program starts with it', fix.join(' ') || fixOf(error));
}

const fixOf = (error: Error): string =>
  error instanceof ConfigError ? `Correct ${error.key}` : 'Correct it';
