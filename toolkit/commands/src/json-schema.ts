/** JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A member of an object, as a person would fill it in. */
export interface Member {
  /** `name`, `address.city`. */
  readonly path: string;
  readonly kind: 'text' | 'integer' | 'number' | 'boolean' | 'object' | 'any';
  /** It can be given more than once. */
  readonly list: boolean;
  readonly required: boolean;
  readonly description: string | undefined;
  /** The values that it can have, where they are few. */
  readonly values: readonly string[];
  readonly default: unknown;
}

/** How deep objects are looked into. */
const levels = 5;
/** Most members that are told of one schema: a peer made it. */
const most = 500;

/** The members of an object's schema, those of nested objects by their paths. */
export function membersOf(schema: JsonSchema): readonly Member[] {
  const found: Member[] = [];
  collect(resolve(schema, schema), { root: schema, path: '', required: true, level: 0 }, found);
  return found;
}

interface Place {
  /** Where `$ref`s point into. */
  readonly root: JsonSchema;
  readonly path: string;
  readonly required: boolean;
  readonly level: number;
}

function collect(schema: JsonSchema, place: Place, found: Member[]): void {
  const { properties, required } = whole(schema, place.root);
  for (const [name, given] of Object.entries(properties)) {
    if (found.length >= most) return;
    const own = isObject(given) ? given : {};
    const each = resolve(own, place.root);
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const inside = { ...place, path, level: place.level + 1 };
    const must = place.required && required.has(name);
    if (isComposed(each) && inside.level < levels)
      collect(each, { ...inside, required: must }, found);
    else found.push(memberOf(each, own, inside, must));
  }
}

const isComposed = (schema: JsonSchema): boolean =>
  isObject(schema['properties']) || partsOf(schema).length > 0;

/** The properties of an object with those of all that it is made of, as what inherits is written. */
function whole(schema: JsonSchema, root: JsonSchema, seen = new Set<JsonSchema>()) {
  const properties: Record<string, unknown> = {};
  const required = new Set<unknown>();
  if (seen.has(schema)) return { properties, required };
  seen.add(schema);
  for (const part of partsOf(schema)) {
    const inherited = whole(resolve(part, root), root, seen);
    Object.assign(properties, inherited.properties);
    for (const name of inherited.required) required.add(name);
  }
  if (isObject(schema['properties'])) Object.assign(properties, schema['properties']);
  if (Array.isArray(schema['required'])) for (const name of schema['required']) required.add(name);
  return { properties, required };
}

const partsOf = ({ allOf }: JsonSchema): readonly JsonSchema[] =>
  Array.isArray(allOf) ? allOf.filter(isObject) : [];

function memberOf(schema: JsonSchema, own: JsonSchema, place: Place, required: boolean): Member {
  const asList = [schema, ...alternativesOf(schema)].find((each) => typeOf(each) === 'array');
  const list = asList !== undefined;
  const items = asList?.['items'];
  const one = isObject(items) ? resolve(items, place.root) : schema;
  const { description = schema['description'] } = own;
  return {
    path: place.path,
    kind: list && !isObject(items) ? 'any' : kindOf(one),
    list,
    required,
    description: typeof description === 'string' ? description : undefined,
    values: valuesOf(one),
    default: own['default'] ?? schema['default'],
  };
}

function kindOf(schema: JsonSchema): Member['kind'] {
  const type = typeOf(schema);
  if (type === 'string') return 'text';
  if (type === 'integer' || type === 'number' || type === 'boolean' || type === 'object')
    return type;
  const values = schema['enum'] ?? [schema['const']];
  const texts = Array.isArray(values) && values.every((each) => typeof each === 'string');
  return texts ? 'text' : 'any';
}

/** The one type that is not null, of `type` or of all alternatives. */
function typeOf(schema: JsonSchema): unknown {
  const { type } = schema;
  const types = [
    ...(Array.isArray(type) ? (type as readonly unknown[]) : [type]),
    ...alternativesOf(schema).map(typeOf),
  ].filter((each) => each !== undefined && each !== 'null');
  return new Set(types).size === 1 ? types[0] : undefined;
}

function valuesOf(schema: JsonSchema): readonly string[] {
  const { enum: values, const: value } = schema;
  if (Array.isArray(values)) return values.slice(0, most).map(String);
  if (value !== undefined) return [String(value)];
  return alternativesOf(schema).flatMap(valuesOf);
}

const alternativesOf = ({ anyOf, oneOf }: JsonSchema): readonly JsonSchema[] =>
  [anyOf, oneOf].flatMap((each) => (Array.isArray(each) ? each.filter(isObject) : []));

/** Follows `$ref`s into the schema; a circle ends after as many steps as nobody needs. */
function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found = schema;
  for (let step = 0; step < 8 && typeof found['$ref'] === 'string'; step++) {
    const [, ...places] = found['$ref'].split('/');
    let at: unknown = root;
    for (const place of places) {
      const name = place.replaceAll('~1', '/').replaceAll('~0', '~');
      at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    }
    if (!isObject(at)) return {};
    found = at;
  }
  return found;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
