import { parseArgs } from 'node:util';
import { ConfigError } from '@micro-ts/interface';
import { isLogLevel } from './check-config.ts';
import { parseDuration } from './duration.ts';
import { nearest } from './nearest.ts';

/** A value and who set it: `MICRO_REGISTRY`, `--registry`, the configuration's file. */
export interface Setting<T> {
  readonly value: T;
  readonly from: string;
}

/** Reads a text; throws an `Error` that says what it should have been. */
type Read<T> = (text: string) => T;

const text: Read<string> = (value) => value;

/** What stands between commas, without blanks around it; what is empty is nothing. */
export const splitList: Read<readonly string[]> = (value) => {
  const list = value.split(',').map((each) => each.trim());
  return list.filter((each) => each !== '');
};

const count: Read<number> = (value) => {
  if (!/^\d+$/.test(value)) throw new Error('a whole number, 0 or more');
  return Number(value);
};

/** @param unit of a bare number, in ms. */
function duration(unit: number): Read<number> {
  return (value) => {
    const parsed = parseDuration(value, unit);
    if (parsed === undefined || parsed <= 0)
      throw new Error('a duration above 0: 500ms, 5s, 1m30s');
    return parsed;
  };
}

const pairs: Read<Readonly<Record<string, string>>> = (value) => {
  const entries = splitList(value).map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new Error('key=value pairs, separated by commas');
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(entries);
};

const level = (value: string) => {
  if (!isLogLevel(value)) throw new Error('debug, info, warn, error or silent');
  return value;
};

/**
 * What can be set from outside, by the names of go-micro: `registry_address` is the flags
 * `--registry_address` and `--registry-address`, and the variable `MICRO_REGISTRY_ADDRESS`.
 */
const settings = {
  registry: text,
  registry_address: text,
  broker: text,
  broker_address: text,
  transport: splitList,
  transport_address: text,
  selector: text,
  server_name: text,
  server_address: text,
  server_advertise: text,
  server_id: text,
  server_version: text,
  server_metadata: pairs,
  client_request_timeout: duration(1),
  client_retries: count,
  /** A bare number is seconds, as in go-micro. */
  register_ttl: duration(1_000),
  register_interval: duration(1_000),
  log_level: level,
};

type Settings = typeof settings;

/** Names of all that can be set from outside: `registry_address`, which is `MICRO_REGISTRY_ADDRESS`. */
export const settingNames: readonly string[] = Object.keys(settings);

/** What the environment and the command line say, each with where it was said. */
export type Environment = {
  readonly [K in keyof Settings]?: Setting<ReturnType<Settings[K]>>;
};

/**
 * Reads the variables and flags of go-micro. A flag wins over a variable; what is empty counts as
 * absent. Flags that are not Micro's are left to the program.
 * @throws ConfigError for a value that cannot be read, or a flag without one.
 */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  args: readonly string[] = process.argv.slice(2),
): Environment {
  const flags = readFlags(args);
  const found: Record<string, Setting<unknown>> = {};
  for (const [name, read] of Object.entries(settings)) {
    const variable = variableOf(name);
    const given = [
      { value: variables[variable] ?? '', from: variable },
      ...(flags.get(name) ?? []),
    ];
    for (const { value, from } of given) {
      if (value === '') continue;
      const parsed = parse(read, value, from);
      const before = found[name]?.value;
      const joined = read === pairs ? { ...Object(before), ...Object(parsed) } : parsed;
      found[name] = { value: joined, from };
    }
  }
  return found;
}

/** Variables that are none of ours and look as if they were meant to be, with what was meant. */
export function misspelt(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): readonly { readonly variable: string; readonly meant: string }[] {
  const known = settingNames.map(variableOf);
  return Object.keys(variables)
    .filter((name) => name.startsWith('MICRO_') && !known.includes(name))
    .flatMap((variable) => {
      const meant = nearest(variable, known);
      return meant === undefined ? [] : [{ variable, meant }];
    });
}

const variableOf = (name: string): string => `MICRO_${name.toUpperCase()}`;

function parse(read: Read<unknown>, value: string, from: string): unknown {
  try {
    return read(value);
  } catch (error) {
    const wanted = error instanceof Error ? error.message : String(error);
    throw new ConfigError(from, `is ${JSON.stringify(value)}, and should be ${wanted}`);
  }
}

/** Values of our flags by name, in the order in which they stand. */
function readFlags(args: readonly string[]): ReadonlyMap<string, Setting<string>[]> {
  const spellings = new Map<string, string>();
  for (const name of settingNames) spellings.set(name, name).set(name.replaceAll('_', '-'), name);
  const options = Object.fromEntries([...spellings.keys()].map((key) => [key, { type: 'string' }]));
  const { tokens } = parseArgs({
    args: [...args],
    options: options as Record<string, { readonly type: 'string' }>,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<string, Setting<string>[]>();
  for (const token of tokens) {
    const name = token.kind === 'option' ? spellings.get(token.name) : undefined;
    if (token.kind !== 'option' || name === undefined) continue;
    const { rawName, value, inlineValue } = token;
    if (value === undefined || (inlineValue === false && value.startsWith('-')))
      throw new ConfigError(rawName, 'needs a value', `Write ${rawName}=…`);
    flags.set(name, [...(flags.get(name) ?? []), { value, from: rawName }]);
  }
  return flags;
}
