import { createHash, timingSafeEqual } from 'node:crypto';
import { ConfigError } from 'micro-ts';
import * as v from 'valibot';
import { headerValue } from './identity.ts';
import type { Identity } from './identity.ts';
import { apiKeys as schema } from './options.ts';
import type { AccessOptions, ApiKeyOptions } from './options.ts';
import { allowing, everything } from './patterns.ts';
import type { Allows } from './patterns.ts';
import { readSecret, readText } from './read-secret.ts';

/** Whose key it is; `undefined` if nobody's. */
export type FindKey = (presented: string) => Identity | undefined;

/** What scopes allow. */
export type AllowsOf = (scopes: readonly string[]) => Allows;

interface Kept {
  readonly digest: Buffer;
  readonly identity: Identity;
}

const shortest = 16;
/** Longer ones are not even hashed. */
const longest = 512;

const digestOf = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * Reads the API keys, of which only digests are kept. Each look-up compares with all of them, in
 * constant time.
 * @throws ConfigError for keys that are missing, too short, or there twice
 */
export function readApiKeys(options: AccessOptions, key: string, allowsOf: AllowsOf): FindKey {
  const { keys, keysFile } = options;
  const kept = [
    ...keys.map((each, at) => keep(each, `${key}.keys.${at}`, allowsOf)),
    ...(keysFile === undefined ? [] : readKeysFile(keysFile, `${key}.keysFile`, allowsOf)),
  ];
  refuseTwice(kept, `${key}.keys`);
  return (presented) => {
    if (presented.length > longest || kept.length === 0) return undefined;
    const digest = digestOf(presented);
    let found: Identity | undefined;
    for (const each of kept) if (timingSafeEqual(each.digest, digest)) found = each.identity;
    return found;
  };
}

function keep(options: ApiKeyOptions, key: string, allowsOf: AllowsOf): Kept {
  const { name, scopes, allow } = options;
  const given = options.key;
  const digest =
    typeof given === 'object' && 'sha256' in given
      ? Buffer.from(given.sha256, 'hex')
      : digestOf(readSecret(given, `${key}.key`, shortest));
  const allows = allow === undefined ? allowsOf(scopes) : allowing(allow);
  const metadata = {
    'x-user': headerValue(name),
    'x-auth': 'key',
    ...(scopes.length > 0 && { 'x-scopes': headerValue(scopes.join(' ')) }),
  };
  return { digest, identity: { name, kind: 'key', scopes, allows, metadata } };
}

function readKeysFile(path: string, key: string, allowsOf: AllowsOf): readonly Kept[] {
  const form = 'Write [{ "name": "partner", "key": { "sha256": "…" } }].';
  let parsed: unknown;
  try {
    parsed = JSON.parse(readText(path, key));
  } catch (error) {
    // The text of a syntax error shows what stands in the file.
    throw error instanceof ConfigError ? error : new ConfigError(key, `${path} is no JSON`, form);
  }
  const result = v.safeParse(schema, parsed);
  if (result.success) return result.output.map((each, at) => keep(each, `${key}.${at}`, allowsOf));
  const [issue] = result.issues;
  throw new ConfigError(
    key,
    `${path}: ${v.getDotPath(issue) ?? 'it'} is not as it should be`,
    form,
  );
}

function refuseTwice(kept: readonly Kept[], key: string): void {
  const digests = new Set<string>();
  const names = new Set<string>();
  for (const { digest, identity } of kept) {
    const hex = digest.toString('hex');
    if (digests.has(hex)) throw new ConfigError(key, `${identity.name} has the key of another`);
    if (names.has(identity.name)) throw new ConfigError(key, `there are two of ${identity.name}`);
    digests.add(hex);
    names.add(identity.name);
  }
}

/** What scopes allow: everything, unless the configuration says what each does. */
export function scopeRules(scopes: AccessOptions['scopes']): AllowsOf {
  if (scopes === undefined) return () => everything;
  const rules = new Map(Object.entries(scopes));
  return (names) => allowing(names.flatMap((name) => rules.get(name) ?? []));
}
