import { readFileSync } from 'node:fs';
import { ConfigError } from 'micro-ts';
import type { Secret } from './options.ts';

/**
 * The text of a secret, from the configuration, a variable or a file; without line ends around it.
 * @param key path of the option, for errors
 * @throws ConfigError if it is not there, or shorter than `atLeast` characters
 */
export function readSecret(secret: Secret, key: string, atLeast: number): string {
  const found = textOf(secret, key).trim();
  if (found.length >= atLeast) return found;
  throw new ConfigError(
    key,
    `has ${found.length} characters, and should have ${atLeast} or more`,
    'Make one with: openssl rand -base64 32',
  );
}

function textOf(secret: Secret, key: string): string {
  if (typeof secret === 'string') return secret;
  if ('file' in secret) return readText(secret.file, `${key}.file`);
  const found = process.env[secret.env];
  if (found !== undefined) return found;
  throw new ConfigError(`${key}.env`, `there is no variable ${secret.env}`, `Set ${secret.env}.`);
}

/**
 * The text of a file that an option names.
 * @throws ConfigError if it cannot be read
 */
export function readText(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code = 'failed' } = cause as NodeJS.ErrnoException;
    throw new ConfigError(key, `${path} cannot be read: ${code}`, 'Give the path of a file.');
  }
}
