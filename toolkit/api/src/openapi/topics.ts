import type { DirectoryEntry } from '@micro-ts/edge';
import type { JsonObject } from './published-schema.ts';
import type { SchemaComponents } from './schema-components.ts';

interface Subscriber {
  readonly service: string;
  readonly endpoint: string;
  readonly queue?: string;
  readonly event?: JsonObject;
}

/**
 * Topics, and who handles their events. They are no `webhooks`: nobody sends them as HTTP requests to
 * whoever reads the document, who would get code for a server that is never called.
 */
export function topicsOf(
  entries: readonly DirectoryEntry[],
  components: SchemaComponents,
): JsonObject {
  const topics = new Map<string, Map<string, Subscriber>>();
  for (const { service, nodes } of entries)
    for (const { endpoints } of nodes)
      for (const { kind, name, metadata, request } of endpoints) {
        const { topic, queue } = metadata;
        if (kind !== 'event' || topic === undefined || topic === '') continue;
        const subscribers = topics.get(topic) ?? new Map<string, Subscriber>();
        topics.set(topic, subscribers);
        const key = `${service} ${name}`;
        if (subscribers.has(key)) continue;
        subscribers.set(key, {
          ...{ service, endpoint: name },
          ...(queue !== undefined && { queue }),
          ...(request && { event: { ...components.add(`${service}.${name}.Event`, request) } }),
        });
      }
  return Object.fromEntries(
    [...topics]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([topic, subscribers]) => [
        topic,
        { subscribers: [...subscribers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, s]) => s) },
      ]),
  );
}
