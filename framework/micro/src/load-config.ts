import { readFile } from 'node:fs/promises';
import { extname, relative } from 'node:path';
import { ConfigError } from '@micro-ts/interface';
import { checkConfig } from './check-config.ts';
import type { Config } from './config.ts';
import { findConfig } from './find-config.ts';
import { codeOf, importFile } from './import-file.ts';

/** A configuration and where it stood. */
export interface LoadedConfig {
  readonly config: Config;
  /** Path of the file; `undefined` where none was found, and all is default. */
  readonly file: string | undefined;
}

/**
 * Finds `micro.config.ts|js|mjs|json` upward from a folder, and reads it.
 * @param folder default: that of the program's entry point.
 * @throws ConfigError if the file cannot be read, throws, or holds no configuration.
 */
export async function loadConfig(folder?: string): Promise<LoadedConfig> {
  const file = findConfig(folder);
  if (file === undefined) return { config: {}, file };
  const value = extname(file) === '.json' ? await readJson(file) : await readModule(file);
  return { config: checkConfig(value, shown(file)), file };
}

/** A path as a person would type it. */
export function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') ? file : path;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(shown(file), `cannot be read as JSON: ${textOf(error)}`);
  }
}

async function readModule(file: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await importFile(file);
  } catch (error) {
    throw explain(file, error);
  }
  if (value !== undefined) return value;
  throw new ConfigError(
    shown(file),
    'exports nothing',
    'Write: export default defineConfig({ … })',
  );
}

/** The mistake in a file that did not load; the file's own `ConfigError` says enough. */
function explain(file: string, error: unknown): Error {
  if (error instanceof ConfigError) return error;
  const text = textOf(error);
  if (!['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String(codeOf(error))))
    return new ConfigError(shown(file), `throws as it loads: ${text}`, placeOf(error, file));
  const wanted = /Cannot find (?:module|package) '([^']+)'/.exec(text)?.[1];
  if (wanted === undefined || /^([./]|file:)/.test(wanted))
    return new ConfigError(shown(file), `imports a file that is not there: ${wanted ?? text}`);
  return new ConfigError(
    shown(file),
    `imports ${wanted}, which is not installed`,
    `npm install ${packageOf(wanted)}`,
  );
}

/** `@scope/name` of `@scope/name/deep/file.js`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The first line of the error's stack that lies in the file: `at micro.config.ts:3:7`. */
function placeOf(error: unknown, file: string): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(file);
  const position = at < 0 ? null : /^(:\d+)(:\d+)?/.exec(stack.slice(at + file.length));
  return position === null ? undefined : `at ${shown(file)}${position[0]}`;
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? text).trim();
}
