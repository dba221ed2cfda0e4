import { isObject } from './published-schema.ts';
import type { JsonObject } from './published-schema.ts';
import { queryMembers } from './query-members.ts';
import type { HttpRoute } from './routes.ts';
import type { SchemaComponents } from './schema-components.ts';

/** Where the members of a request stand in an HTTP request. */
export interface RequestParts {
  readonly parameters: readonly JsonObject[];
  readonly requestBody?: JsonObject;
}

/**
 * Takes a request apart: names in the path, the query of what has no body, else a JSON body.
 * @param request as a component; `undefined` if nobody says what it is
 */
export function requestParts(
  { method, names, members }: HttpRoute,
  request: JsonObject | undefined,
  components: SchemaComponents,
): RequestParts {
  const schema = components.resolve(request);
  const properties = isObject(schema?.['properties']) ? schema['properties'] : {};
  const inPath = names.map((name, at) => ({
    name,
    in: 'path',
    required: true,
    ...described(properties[members[at] ?? name] ?? { type: 'string' }),
  }));
  if (method === 'get' || method === 'delete') {
    const inQuery = queryMembers(schema ?? {}, members, components).map((member) => ({
      ...{ name: member.name, in: 'query', ...(member.required && { required: true }) },
      ...described(member.schema),
    }));
    return { parameters: [...inPath, ...inQuery] };
  }
  const rest = Object.keys(properties).filter((name) => !members.includes(name));
  return { parameters: inPath, requestBody: bodyOf(request, members, schema, rest) };
}

/** Its own description is that of the parameter. */
function described(schema: unknown): JsonObject {
  if (!isObject(schema) || typeof schema['description'] !== 'string') return { schema };
  const { description, ...rest } = schema;
  return { description, schema: rest };
}

const requiredOf = (schema: JsonObject | undefined): ReadonlySet<string> =>
  new Set((schema?.['required'] ?? []) as readonly string[]);

function bodyOf(
  request: JsonObject | undefined,
  members: readonly string[],
  schema: JsonObject | undefined,
  rest: readonly string[],
): JsonObject {
  const body = (of: unknown, required: boolean): JsonObject => ({
    ...(required && { required }),
    content: { 'application/json': { schema: of ?? { type: 'object' } } },
  });
  const required = requiredOf(schema);
  if (schema === undefined || members.length === 0) return body(request, required.size > 0);
  const properties = schema['properties'] as JsonObject | undefined;
  const left = [...required].filter((name) => !members.includes(name));
  const without = {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(rest.map((name) => [name, properties[name]])),
    }),
    required: left,
  };
  return body(without, left.length > 0);
}
