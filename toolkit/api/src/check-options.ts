import { ConfigError } from 'micro-ts';
import * as v from 'valibot';
import { apiOptions } from './options.ts';
import type { ApiOptions, ApiSettings } from './options.ts';

/**
 * Options with their defaults.
 * @throws ConfigError for the first that is wrong, or that there is not
 */
export function checkOptions(options: ApiOptions): ApiSettings {
  const result = v.safeParse(apiOptions, options);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new ConfigError(path === null ? 'toolkit.api' : `toolkit.api.${path}`, issue.message);
}
