import type { JsonSchema } from '@micro-ts/interface';
import { asList, asObject, asText, isObject } from './json.ts';

/** go-micro's description of a message: a tree of named types, at most three levels of them. */
export interface Value {
  readonly name: string;
  /** Name of a Go type: `string`, `int64`, `[]string`, `Address`. */
  readonly type: string;
  readonly values: readonly Value[] | null;
}

/** Levels that Go writes. */
const levels = 3;
/** Levels that are read of a tree that somebody else made. */
const maxLevels = 8;

const scalars = new Map<string, JsonSchema>([
  ['string', { type: 'string' }],
  ['bool', { type: 'boolean' }],
  ['float32', { type: 'number', format: 'float' }],
  ['float64', { type: 'number', format: 'double' }],
  ['Time', { type: 'string', format: 'date-time' }],
  ['[]byte', { type: 'string', contentEncoding: 'base64' }],
  ['[]uint8', { type: 'string', contentEncoding: 'base64' }],
  ...['int', 'int8', 'int16', 'int32', 'int64', 'uint', 'uint8', 'uint16', 'uint32', 'uint64'].map(
    (name) => [name, { type: 'integer', format: name }] as const,
  ),
]);

/** Describes a message as Go does: types and names, without what is required or how long. */
export function encodeValue(schema: JsonSchema, name = titleOf(schema)): Value {
  return valueOf(schema, name, { root: schema, level: 1 });
}

interface Place {
  /** Where `$ref`s point into. */
  readonly root: JsonSchema;
  readonly level: number;
}

function valueOf(given: JsonSchema, name: string, place: Place): Value {
  const schema = resolve(given, place.root);
  const { properties } = schema;
  const values =
    isObject(properties) && place.level < levels
      ? Object.entries(properties).map(([key, each]) =>
          valueOf(isObject(each) ? each : {}, key, { ...place, level: place.level + 1 }),
        )
      : [];
  const type = typeOf(schema, place.root);
  return { name, type, values: values.length === 0 ? null : values };
}

/** Name of the Go type that fits best. */
function typeOf(schema: JsonSchema, root: JsonSchema): string {
  const { format, items, contentEncoding } = schema;
  const title = titleOf(schema);
  switch (kindOf(schema)) {
    case 'string':
      if (contentEncoding === 'base64') return '[]byte';
      return format === 'date-time' ? 'Time' : 'string';
    case 'boolean':
      return 'bool';
    case 'integer':
      return typeof format === 'string' && scalars.has(format) ? format : 'int64';
    case 'number':
      return format === 'float' ? 'float32' : 'float64';
    case 'array':
      return `[]${isObject(items) ? elementOf(resolve(items, root)) : ''}`;
    case 'object':
      return title === '' ? 'object' : title;
    default:
      return title;
  }
}

/** Go names the elements of a list only if their type has a name of its own. */
const elementOf = (schema: JsonSchema): string =>
  kindOf(schema) === 'array' ? '' : typeOf(schema, schema);

/** The type of a schema; the first that is not null where there are several. */
function kindOf({ type, properties }: JsonSchema): unknown {
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  return types.find((each) => each !== 'null') ?? (isObject(properties) ? 'object' : undefined);
}

const titleOf = ({ title }: JsonSchema): string => (typeof title === 'string' ? title : '');

/** Follows `$ref`s into `$defs`; a circle ends after as many steps as nobody needs. */
function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found = schema;
  for (let step = 0; step < 8 && typeof found['$ref'] === 'string'; step++) {
    const [, place = '', name = ''] = found['$ref'].split('/');
    const places = place === '' ? root : root[place];
    const next = place === '' || !isObject(places) ? places : places[name];
    if (!isObject(next)) return {};
    found = next;
  }
  return found;
}

/**
 * The JSON Schema of what Go says of a message; `undefined` if it says nothing.
 * @throws Error if it is not a value tree.
 */
export function decodeValue(value: unknown): JsonSchema | undefined {
  if (value === null || value === undefined) return undefined;
  const { type, values } = asObject(value);
  const title = asText(type);
  if (asList(values).length > 0 || scalars.has(title) || title.startsWith('[]')) {
    return schemaOf(value, 1);
  }
  return title === '' ? { type: 'object' } : { type: 'object', title };
}

function schemaOf(value: unknown, level: number): JsonSchema {
  const { type, values } = asObject(value);
  const fields = level < maxLevels ? asList(values) : [];
  const title = asText(type);
  if (fields.length === 0) return namedSchema(title);
  const properties: Record<string, JsonSchema> = Object.create(null);
  for (const field of fields)
    properties[asText(asObject(field)['name'])] = schemaOf(field, level + 1);
  return title === '' || title === 'object'
    ? { type: 'object', properties }
    : { type: 'object', title, properties };
}

function namedSchema(type: string): JsonSchema {
  const scalar = scalars.get(type);
  if (scalar !== undefined) return scalar;
  if (type === '[]') return { type: 'array' };
  if (type.startsWith('[]')) return { type: 'array', items: namedSchema(type.slice(2)) };
  if (type === 'object' || type.startsWith('map[')) return { type: 'object' };
  return type === '' ? {} : { title: type };
}
