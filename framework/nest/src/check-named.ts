import { ConfigError } from 'micro-ts';

/**
 * The options, if they name a service: Nest passes on what it is given, unseen.
 * @throws ConfigError if they do not
 */
export function checkNamed<K extends string, T extends { readonly [key in K]: string }>(
  whose: string,
  option: K,
  options: T,
): T {
  const name: unknown = (options as Partial<T> | undefined)?.[option];
  if (typeof name === 'string' && name !== '') return options;
  const fix = `Give it the name of the service: new ${whose}({ ${option}: 'math' }).`;
  throw new ConfigError(whose, `the option ${option} is missing`, fix);
}
