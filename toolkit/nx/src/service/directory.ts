import { posix } from 'node:path';
import { UsageError } from '../usage-error.ts';
import type { ServiceNames } from './names.ts';

/**
 * Folder of a service, relative to the workspace, with `/` between.
 * @throws UsageError for one outside of the workspace, and for the workspace itself
 */
export function directoryOf(asked: string | undefined, { project }: ServiceNames): string {
  if (asked === undefined || asked === '') return `services/${project}`;
  const folder = posix.normalize(asked.replaceAll('\\', '/')).replace(/\/$/, '');
  if (posix.isAbsolute(folder) || /^[a-z]:/i.test(folder) || /^\.\.?(\/|$)/.test(folder))
    throw new UsageError(
      `--directory ${asked} is not a folder within the workspace; write it as seen from the root, as in services/${project}`,
    );
  return folder;
}
