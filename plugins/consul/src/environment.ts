import { ConfigError } from '@micro-ts/interface';

/** What a variable of the environment says; empty ones say nothing. */
export function textFrom(name: string): string | undefined {
  const text = process.env[name];
  return text === '' ? undefined : text;
}

/**
 * What a variable says that is true or false, in the words of Consul's own tools. They pass over what
 * they cannot read, and then send the token in the open.
 * @throws ConfigError if it is neither
 */
export function flagFrom(name: string, otherwise: boolean): boolean {
  const text = textFrom(name);
  if (text === undefined) return otherwise;
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new ConfigError(name, 'is neither true nor false', `Set ${name} to true or to false.`);
}
