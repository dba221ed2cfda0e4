/**
 * Text that travels beside a body. Keys are lower case, whatever the medium makes of them. The
 * object has no prototype, so that no key, `__proto__` included, reaches anything. Never changed in
 * place: make a new one.
 */
export type Metadata = Readonly<Record<string, string>>;

/** What {@link metadata} joins: pairs, or an object. */
export type MetadataSource =
  Iterable<readonly [string, string]> | Readonly<Record<string, string>> | undefined;

/**
 * Joins sources into metadata; a later source wins over an earlier one.
 * @example metadata(context.metadata, { 'X-Tenant': 'acme' })['x-tenant']; // 'acme'
 */
export function metadata(...sources: readonly MetadataSource[]): Metadata {
  const joined: Record<string, string> = Object.create(null);
  for (const source of sources) {
    if (source === undefined) continue;
    const pairs = Symbol.iterator in source ? source : Object.entries(source);
    for (const [key, value] of pairs) joined[key.toLowerCase()] = value;
  }
  return joined;
}

/** No metadata: one frozen object for everybody who has none to send. */
export const noMetadata: Metadata = Object.freeze(metadata());
