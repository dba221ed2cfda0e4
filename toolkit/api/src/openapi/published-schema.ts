/** JSON that is an object. */
export type JsonObject = Record<string, unknown>;

/** A schema, as OpenAPI 3.1 has it. */
export type PublishedSchema = JsonObject | boolean;

/** Where a schema goes: its own name, and what its `$defs` become. */
export interface SchemaPlace {
  /** Pointer that `#` turns into: `#/components/schemas/greeter.Greeter.Hello.Request`. */
  readonly root: string;
  /** Pointer of one of its definitions; `undefined` if it has none of that name. */
  readonly definition: (name: string) => string | undefined;
}

/** Parts of a schema that are read, at most: what others register is not to fill our memory. */
const mostParts = 20_000;
const deepest = 64;

const types = new Set('string number integer boolean object array null'.split(' '));
const one = new Set(
  `items additionalProperties not if then else contains propertyNames unevaluatedItems
   unevaluatedProperties contentSchema`.split(/\s+/),
);
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs']);
const lists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const numbers = new Set(
  `multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems
   minProperties maxProperties minContains maxContains`.split(/\s+/),
);
const flags = new Set(['deprecated', 'readOnly', 'writeOnly', 'uniqueItems', 'nullable']);
const texts = new Set(
  'title description format pattern $comment contentEncoding contentMediaType'.split(' '),
);
/** They name or find schemas in ways that end where the schema becomes part of a document. */
const dropped = new Set(
  `$schema $id id $anchor $dynamicAnchor $dynamicRef $recursiveRef $recursiveAnchor $vocabulary
   definitions discriminator xml externalDocs __proto__`.split(/\s+/),
);

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A schema as it can stand in the document: references point to where things are now, and what is not
 * as JSON Schema wants it is left out. What is no schema at all is one that takes anything.
 */
export function publishSchema(schema: unknown, place: SchemaPlace): PublishedSchema {
  let parts = 0;
  const count = (depth: number): void => {
    if (++parts > mostParts || depth > deepest) throw new RangeError('too large');
  };

  const literal = (value: unknown, depth: number): unknown => {
    count(depth);
    if (Array.isArray(value)) return value.map((each) => literal(each, depth + 1));
    if (!isObject(value)) return value;
    const pairs = Object.entries(value).filter(([key]) => key !== '$ref');
    return fromPairs(pairs.map(([key, each]) => [key, literal(each, depth + 1)]));
  };

  const read = (given: unknown, depth: number): PublishedSchema => {
    count(depth);
    if (typeof given === 'boolean') return given;
    if (!isObject(given)) return {};
    return fromPairs(
      Object.entries(given).flatMap(([key, value]) => {
        const kept = keyword(key, value, depth + 1);
        return kept === undefined ? [] : [kept];
      }),
    );
  };

  const keyword = (key: string, value: unknown, depth: number): Pair | undefined => {
    if (dropped.has(key)) return undefined;
    if (key === '$ref') return typeof value === 'string' ? reference(value, place) : undefined;
    if (key === 'items' && Array.isArray(value)) return keyword('prefixItems', value, depth);
    if (one.has(key)) return isSchema(value) ? [key, read(value, depth)] : undefined;
    if (maps.has(key)) return isObject(value) ? [key, readMap(value, depth)] : undefined;
    if (lists.has(key))
      return Array.isArray(value) && value.length > 0
        ? [key, value.map((each) => read(each, depth))]
        : undefined;
    return isWellTyped(key, value) ? [key, literal(value, depth)] : undefined;
  };

  const readMap = (map: JsonObject, depth: number): JsonObject =>
    fromPairs(
      Object.entries(map)
        .filter(([, value]) => isSchema(value))
        .map(([key, value]) => [key, read(value, depth)]),
    );

  try {
    return read(schema, 0);
  } catch (error) {
    if (error instanceof RangeError) return {};
    throw error;
  }
}

type Pair = readonly [key: string, value: unknown];

/**
 * Without `__proto__`, which would not be a key, and without a `$ref` that is none, such as a property
 * of that name: readers look for references wherever they are.
 */
const fromPairs = (pairs: readonly Pair[]): JsonObject =>
  Object.fromEntries(
    pairs.filter(
      ([key, value]) => key !== '__proto__' && (key !== '$ref' || typeof value === 'string'),
    ),
  );

const isSchema = (value: unknown): boolean => typeof value === 'boolean' || isObject(value);

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

function isWellTyped(key: string, value: unknown): boolean {
  if (numbers.has(key)) return typeof value === 'number' && Number.isFinite(value);
  if (flags.has(key)) return typeof value === 'boolean';
  if (texts.has(key)) return typeof value === 'string';
  switch (key) {
    case 'type':
      return [value].flat().every((each) => types.has(each as string)) && !isEmpty(value);
    case 'required':
      return isTexts(value);
    case 'enum':
      return Array.isArray(value) && value.length > 0;
    case 'examples':
      return Array.isArray(value);
    case 'dependentRequired':
      return isObject(value) && Object.values(value).every(isTexts);
    default:
      return true;
  }
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const definitions = /^#\/(?:\$defs|definitions)\/([^/]+)(\/.*)?$/;

/** A reference, to where its target is now; one that leads out of the schema is left out. */
function reference(ref: string, { root, definition }: SchemaPlace): Pair | undefined {
  if (ref === '#' || ref === '') return ['$ref', root];
  if (!ref.startsWith('#/')) return undefined;
  const [, name, rest = ''] = definitions.exec(ref) ?? [];
  if (name === undefined) return ['$ref', `${root}${ref.slice(1)}`];
  const target = definition(fromPointer(name));
  return target === undefined ? undefined : ['$ref', `${target}${rest}`];
}

/** A part of a JSON pointer in a URL, as text. */
export function fromPointer(part: string): string {
  let text = part;
  try {
    text = decodeURIComponent(part);
  } catch {
    // It was not encoded.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
