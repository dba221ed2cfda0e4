import { ConfigError, defaultLimits } from '@micro-ts/interface';
import type { LogLevel } from '@micro-ts/core';
import type { Config } from './config.ts';
import { nearest } from './nearest.ts';

/** Checks a value at `path`; returns what it should have been, or nothing if it is that. */
type Check = (value: unknown, path: string) => string | undefined | void;

const text: Check = (value) => (typeof value === 'string' ? undefined : 'a string');
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const count: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 0 ? undefined : 'a whole number, 0 or more';
const above: Check = (value) =>
  typeof value === 'number' && value > 0 ? undefined : 'a number of ms above 0';
const notBelow: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'a number of ms, 0 or more';
const functions: Check = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === 'function')
    ? undefined
    : 'a list of interceptors';
/** A plugin; it is looked at more closely when it is resolved. */
const plugin: Check = (value) => {
  if (typeof value === 'string' || typeof value === 'function') return undefined;
  if (typeof value === 'object' && value !== null) return undefined;
  return "the name of a plugin, ['name', { options }] or a plugin by value";
};

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** True for the words that `log` may be. */
export const isLogLevel = (value: unknown): value is LogLevel =>
  levels.some((level) => level === value);

const keys: { readonly [K in keyof Required<Config>]: Check } = {
  name: text,
  registry: plugin,
  transport: (value) =>
    Array.isArray(value) && value.length === 0 ? 'a transport' : plugin(value, ''),
  broker: plugin,
  selector: plugin,
  codecs: (value) => (Array.isArray(value) ? undefined : 'a list of codecs'),
  validation: plugin,
  deadline: above,
  retries: count,
  limits: (value, path) => checkKeys(value, path, limits),
  address: text,
  advertise: text,
  metadata: (value, path) => checkTexts(value, path),
  version: text,
  interceptors: (value, path) => checkKeys(value, path, { client: functions, server: functions }),
  registerTtl: above,
  grace: notBelow,
  debug: (value, path) => checkKeys(value, path, { expose: flag }),
  log: (value) => (isLogLevel(value) ? undefined : `one of ${levels.join(', ')}`),
  toolkit: (value) => (isRecord(value) ? undefined : 'an object with a key for each app'),
};

const limits = Object.fromEntries(Object.keys(defaultLimits).map((key) => [key, positive]));

function positive(value: unknown): string | undefined {
  return typeof value === 'number' && value > 0 ? undefined : 'a number above 0';
}

/**
 * The value as a configuration.
 * @param from the file that it stood in, or who gave it; named in errors.
 * @throws ConfigError with the path of the first key that is unknown or of the wrong type.
 */
export function checkConfig(value: unknown, from: string): Config {
  if (!isRecord(value)) throw new ConfigError(from, `holds ${kindOf(value)}, not a configuration`);
  const { $schema: _, ...config } = value; // for editors, in JSON
  try {
    assertConfig(config);
    return config;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new ConfigError(error.path, `${error.message} (${from})`, error.fix);
  }
}

function assertConfig(
  value: Record<string, unknown>,
): asserts value is Record<string, unknown> & Config {
  checkKeys(value, '', keys);
}

/** What does not fit, before it is known where it stood. */
class Misfit extends Error {
  readonly path: string;
  readonly fix: string | undefined;
  constructor(path: string, message: string, fix?: string) {
    super(message);
    this.path = path;
    this.fix = fix;
  }
}

function checkKeys(value: unknown, path: string, known: Readonly<Record<string, Check>>): void {
  if (!isRecord(value)) throw new Misfit(path, `is ${kindOf(value)}, and should be an object`);
  for (const [key, member] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const check = Object.hasOwn(known, key) ? known[key] : undefined;
    if (check === undefined) {
      const meant = nearest(key, Object.keys(known));
      const all = `Known: ${Object.keys(known).join(', ')}`;
      throw new Misfit(at, 'is not known', meant === undefined ? all : `Did you mean "${meant}"?`);
    }
    if (member === undefined) continue;
    const wanted = check(member, at);
    if (typeof wanted === 'string')
      throw new Misfit(at, `is ${kindOf(member)}, and should be ${wanted}`);
  }
}

function checkTexts(value: unknown, path: string): void {
  if (!isRecord(value)) throw new Misfit(path, `is ${kindOf(value)}, and should be an object`);
  for (const [key, member] of Object.entries(value))
    if (typeof member !== 'string')
      throw new Misfit(`${path}.${key}`, `is ${kindOf(member)}, and should be a string`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
