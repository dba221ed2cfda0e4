import type { JsonSchema } from '@micro-ts/interface';

const formats: Readonly<Record<string, string>> = {
  email: 'ann@example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com',
  date: '2000-01-01',
  'date-time': '2000-01-01T00:00:00Z',
};

/** Refuses to follow schemas that contain themselves any further. */
const deepest = 6;

/** A value that fits the schema, for a line that somebody can try; a best effort. */
export function exampleOf(schema: JsonSchema): unknown {
  return example(schema, { root: schema, depth: 0, name: '' });
}

interface Where {
  readonly root: JsonSchema;
  readonly depth: number;
  /** Of the property that is made. */
  readonly name: string;
}

function example(schema: JsonSchema, where: Where): unknown {
  const { examples, enum: choices, $ref: ref, anyOf, oneOf, allOf } = schema;
  for (const known of [listOf(examples)[0], schema['default'], schema['const'], listOf(choices)[0]])
    if (known !== undefined) return known;
  const part = typeof ref === 'string' ? find(where.root, ref) : firstOf(anyOf, oneOf, allOf);
  if (part !== undefined) {
    const depth = where.depth + 1;
    return depth > deepest ? null : example(part, { ...where, depth });
  }
  const type = listOf(schema['type'] ?? (isSchema(schema['properties']) ? 'object' : 'null'));
  switch (type.find((each) => each !== 'null')) {
    case 'object':
      return exampleObject(schema, where);
    case 'array':
      return exampleList(schema, where);
    case 'string':
      return exampleText(schema, where.name);
    case 'integer':
    case 'number':
      return exampleNumber(schema);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function exampleObject(schema: JsonSchema, where: Where): unknown {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const required = new Set(listOf(schema['required']));
  const made: Record<string, unknown> = {};
  if (where.depth >= deepest) return made;
  for (const [name, property] of Object.entries(properties))
    if (required.has(name) && isSchema(property))
      made[name] = example(property, { ...where, name, depth: where.depth + 1 });
  return made;
}

function exampleList(schema: JsonSchema, where: Where): unknown {
  const { items, minItems } = schema;
  if (!isSchema(items) || where.depth >= deepest) return [];
  const item = example(items, { ...where, depth: where.depth + 1 });
  return Array.from({ length: Math.min(Number(minItems ?? 1), 3) }, () => item);
}

function exampleText({ format, minLength, maxLength }: JsonSchema, name: string): string {
  const known = formats[String(format)];
  if (known !== undefined) return known;
  const text = name === 'name' ? 'Ann' : 'text';
  return text.padEnd(Number(minLength ?? 0), '.').slice(0, Number(maxLength ?? Infinity));
}

function exampleNumber({ minimum, exclusiveMinimum, maximum, multipleOf }: JsonSchema): number {
  const least = Number(minimum ?? (exclusiveMinimum === undefined ? 1 : exclusiveMinimum) ?? 1);
  const above = exclusiveMinimum !== undefined && minimum === undefined ? least + 1 : least;
  const step = Number(multipleOf ?? 1);
  return Math.min(Math.ceil(above / step) * step, Number(maximum ?? Infinity));
}

/** The schema that `#/$defs/Name` points to. */
function find(root: JsonSchema, ref: string): JsonSchema | undefined {
  let at: unknown = root;
  for (const step of ref.split('/').slice(1)) at = isSchema(at) ? at[step] : undefined;
  return isSchema(at) ? at : undefined;
}

const firstOf = (...lists: readonly unknown[]): JsonSchema | undefined =>
  lists.flatMap(listOf).find(isSchema);

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
