import type { Node } from '@micro-ts/interface';

/** Which nodes may answer a call. Data, so that the nodes that pass are worked out once. */
export interface Filters {
  /** Only this version. */
  readonly version?: string | undefined;
  /** Only nodes whose metadata has these values. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Nodes whose metadata `zone` is this one; where there are none, any. */
  readonly zone?: string | undefined;
}

/** The same text for filters that mean the same. */
export function filtersKey(filters: Filters | undefined): string {
  if (filters === undefined) return '';
  const labels = Object.entries(filters.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([filters.version ?? null, filters.zone ?? null, labels]);
}

/** The items whose nodes pass; the zone only where that leaves any. */
export function filterNodes<T extends { readonly node: Node }>(
  items: readonly T[],
  filters: Filters | undefined,
): readonly T[] {
  if (filters === undefined) return items;
  const { version, zone, labels = {} } = filters;
  const wanted = Object.entries(labels).map(([key, value]) => [key.toLowerCase(), value] as const);
  const passed = items.filter(
    ({ node }) =>
      (version === undefined || node.version === version) &&
      wanted.every(([key, value]) => node.metadata[key] === value),
  );
  if (zone === undefined) return passed;
  const near = passed.filter(({ node }) => node.metadata['zone'] === zone);
  return near.length > 0 ? near : passed;
}
