import type { Directory, DirectoryEntry } from '@micro-ts/edge';
import { operationOf } from './operation.ts';
import { problemResponses, problemSchemas } from './problems.ts';
import type { JsonObject } from './published-schema.ts';
import { routesOf } from './routes.ts';
import type { OpenApiMount } from './routes.ts';
import { SchemaComponents } from './schema-components.ts';
import { topicsOf } from './topics.ts';

/** How callers say who they are. */
export type SecurityScheme = 'key' | 'jwt';

/** What the document says besides what is registered. */
export interface OpenApiOptions {
  /** Default `Micro`. */
  readonly title?: string;
  /** Of the interface, in the document's words. Default `1`. */
  readonly version?: string;
  /** Where endpoints are called. Default: at `/`, all of them. */
  readonly mounts?: readonly OpenApiMount[];
  /** How callers say who they are; one of these does. Default: they need not. */
  readonly security?: readonly SecurityScheme[];
}

const schemes: Readonly<Record<SecurityScheme, JsonObject>> = {
  key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
  jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
};

/**
 * Describes all that is registered and can be called, as OpenAPI 3.1. The same services give the same
 * document, whatever order they came in; what somebody registered wrongly is left out of it.
 */
export function openApiOf(
  directory: Pick<Directory, 'services'>,
  options: OpenApiOptions = {},
): JsonObject {
  const { security = [], mounts = [{ path: '/', namespace: '' }] } = options;
  const entries = [...directory.services()]
    .filter(({ nodes }) => nodes.length > 0)
    .sort((a, b) => compare(a.service, b.service));
  const components = new SchemaComponents();
  const paths = new Map<string, JsonObject>();
  const ids = new Set<string>();
  for (const route of routesOf(entries, mounts)) {
    const item = paths.get(route.path) ?? {};
    const operation = operationOf(route, components, security.length > 0);
    item[route.method] = { ...operation, operationId: unique(operation['operationId'], ids) };
    paths.set(route.path, item);
  }
  const topics = topicsOf(entries, components);
  return {
    openapi: '3.1.1',
    info: { title: options.title ?? 'Micro', version: options.version ?? '1' },
    tags: entries.map(tagOf),
    paths: Object.fromEntries([...paths].sort(([a], [b]) => compare(a, b))),
    ...(Object.keys(topics).length > 0 && { 'x-topics': topics }),
    components: {
      schemas: { ...problemSchemas, ...components.all() },
      responses: problemResponses,
      ...(security.length > 0 && {
        securitySchemes: Object.fromEntries(security.map((name) => [name, schemes[name]])),
      }),
    },
    ...(security.length > 0 && { security: security.map((name) => ({ [name]: [] })) }),
  };
}

/** An endpoint that has more than one path has more than one operation. */
function unique(id: unknown, taken: Set<string>): string {
  let name = String(id);
  for (let n = 2; taken.has(name); n++) name = `${String(id)}_${n}`;
  taken.add(name);
  return name;
}

function tagOf({ service, nodes }: DirectoryEntry): JsonObject {
  const versions = [...new Set(nodes.map(({ version }) => version))].sort();
  const description = `Version${versions.length > 1 ? 's' : ''} ${versions.join(', ')}`;
  return { name: service, description, 'x-versions': versions };
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
