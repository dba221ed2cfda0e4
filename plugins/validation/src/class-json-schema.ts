import type { JsonSchema } from '@micro-ts/interface';
import type { Field } from './fields.ts';
import { describeRule } from './rule-schemas.ts';
import { isClass } from './rules.ts';
import type { Class, Rule } from './rules.ts';

type Fields = (type: unknown) => readonly Field[];
type Refer = (type: Class) => JsonSchema;

/**
 * JSON Schema of a class with rules. The classes that it holds stand in `$defs` under their names;
 * another class of the same name gets a number behind it.
 */
export function describeClass(root: Class, fieldsOf: Fields): JsonSchema {
  const definitions: Record<string, JsonSchema> = Object.create(null);
  const names = new Map<Class, string>();
  const refer: Refer = (type) => {
    if (type === root) return { $ref: '#' };
    let name = names.get(type);
    if (name === undefined) {
      name = freeName(type.name || 'Anonymous', definitions);
      names.set(type, name);
      definitions[name] = {}; // holds the place while the class is described, which may hold itself
      definitions[name] = describeFields(type, fieldsOf(type), refer);
    }
    return { $ref: `#/$defs/${name}` };
  };
  const schema = describeFields(root, fieldsOf(root), refer);
  return names.size === 0 ? schema : { ...schema, $defs: definitions };
}

function freeName(name: string, taken: object): string {
  let free = name;
  for (let count = 2; free in taken; count++) free = `${name}${count}`;
  return free;
}

function describeFields(type: Class, fields: readonly Field[], refer: Refer): JsonSchema {
  const properties: Record<string, JsonSchema> = Object.create(null);
  for (const field of fields) properties[field.sent] = describeField(field, refer);
  const required = fields.filter(isRequired).map(({ sent }) => sent);
  return {
    type: 'object',
    title: type.name,
    properties,
    ...(required.length > 0 && { required }),
  };
}

function describeField(field: Field, refer: Refer): JsonSchema {
  const { rules, types, nested } = field;
  const whole = describeRules(rules.filter(({ each }) => each !== true));
  const type = describeTypes(types, nested, refer);
  const isList = field.list === 'always' || whole['type'] === 'array';
  if (!isList) return notEmpty({ ...type, ...whole }, rules);
  const items = { ...type, ...describeRules(rules.filter(({ each }) => each === true)) };
  const list = { ...whole, type: 'array' };
  return Object.keys(items).length === 0 ? list : { ...list, items };
}

const describeRules = (rules: readonly Rule[]): JsonSchema =>
  Object.assign({}, ...rules.map(({ name, constraints }) => describeRule(name, constraints)));

/** What a property is by its type alone; the rules say the rest. */
function describeTypes(types: readonly unknown[], nested: boolean, refer: Refer): JsonSchema {
  const schemas = types.flatMap((type) => {
    const plain = plainTypes.get(type);
    if (plain !== undefined) return [plain];
    return nested && isClass(type) && !lists.has(type) ? [refer(type)] : [];
  });
  const distinct = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]));
  const [first = {}, ...others] = distinct.values();
  return others.length === 0 ? first : { anyOf: [first, ...others] };
}

const lists: ReadonlySet<unknown> = new Set([Array, Set, Map]);

const plainTypes = new Map<unknown, JsonSchema>([
  [String, { type: 'string' }],
  [Number, { type: 'number' }],
  [Boolean, { type: 'boolean' }],
  [Date, { type: 'string', format: 'date-time' }],
  [BigInt, { type: 'string', pattern: '^-?[0-9]+$' }], // JSON has no larger numbers
]);

function notEmpty(schema: JsonSchema, rules: readonly Rule[]): JsonSchema {
  const applies = schema['type'] === 'string' && rules.some(({ name }) => name === 'isNotEmpty');
  return applies ? { minLength: 1, ...schema } : schema;
}

/** Rules that a missing value passes. */
const lenient: ReadonlySet<unknown> = new Set(['isEmpty', 'notEquals', 'isNotIn']);

function isRequired({ rules }: Field): boolean {
  if (rules.some(({ type }) => type === 'conditionalValidation')) return false;
  return rules.some(
    ({ type, name }) => type === 'isDefined' || (type === 'customValidation' && !lenient.has(name)),
  );
}
