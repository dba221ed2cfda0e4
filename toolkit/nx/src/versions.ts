import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
) as { version: string };

/** Version of every package of Micro: they are released together. */
export const microVersion: string = version;

/** What a service is made of. */
export const runtime: Readonly<Record<string, string>> = {
  'class-transformer': '0.5.1',
  'class-validator': '0.15.1',
  'micro-ts': microVersion,
};

/** What it is built, tested and looked through with: versions that Micro itself is tested with. */
export const tools: Readonly<Record<string, string>> = {
  '@swc-node/register': '1.12.1',
  '@swc/core': '1.16.18',
  '@swc/jest': '0.2.39',
  '@types/jest': '30.0.0',
  '@types/node': '20.19.43',
  jest: '30.5.2',
  typescript: '6.0.3',
};

/** For workspaces that have no linter yet. */
export const linter: Readonly<Record<string, string>> = {
  eslint: '10.15.0',
  'typescript-eslint': '8.73.0',
};
