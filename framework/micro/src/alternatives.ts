import { UnsupportedError } from '@micro-ts/core';
import { ConfigError } from '@micro-ts/interface';
import { officialSupports } from './official-supports.ts';
import { installedNames } from './plugin-packages.ts';

/** Where a broker is refused that cannot what a subscription asks for, names those that can. */
export function withAlternatives(error: unknown, folder: string): unknown {
  if (!(error instanceof UnsupportedError)) return error;
  const able = Object.entries(officialSupports)
    .filter(([, { broker }]) => broker !== undefined && error.fits(broker))
    .map(([name]) => name);
  if (able.length === 0) return error;
  const installed = installedNames(folder);
  const said = able.map((name) =>
    installed.includes(name) ? name : `${name} (npm install @micro-ts/${name})`,
  );
  const problem = error.message.slice(`${error.key}: `.length);
  return new ConfigError(error.key, problem, `Brokers that do: ${said.join(', ')}`);
}
