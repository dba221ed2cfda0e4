import { ConfigError } from 'micro-ts';
import * as v from 'valibot';
import { isLoopback, parseAddress } from '@micro-ts/wire';
import { sidecarOptions } from './options.ts';
import type { SidecarOptions, SidecarSettings } from './options.ts';
import { makeToken } from './token.ts';

const keyOf = (key: string): string => `toolkit.sidecar.${key}`;

/**
 * Options, checked, with defaults and a token where one is needed.
 * @throws ConfigError
 */
export function readOptions(given: SidecarOptions): SidecarSettings {
  const { success, output, issues } = v.safeParse(sidecarOptions, given);
  if (!success) {
    const [issue] = issues;
    throw new ConfigError(keyOf(v.getDotPath(issue) ?? ''), issue.message);
  }
  const { serverName, serverAddress, healthcheckUrl, address, token } = output;
  if (serverAddress !== undefined && serverName === undefined)
    throw new ConfigError(keyOf('serverName'), 'Require server name');
  if ((serverName !== undefined || healthcheckUrl !== undefined) && serverAddress === undefined)
    throw new ConfigError(keyOf('serverAddress'), 'Require server address');
  const { host } = checkAddress(address);
  return !isLoopback(host) && token === undefined ? { ...output, token: makeToken() } : output;
}

function checkAddress(address: string): { readonly host: string } {
  try {
    return parseAddress(address);
  } catch {
    throw new ConfigError(keyOf('address'), `is ${JSON.stringify(address)}, and no host:port`);
  }
}
