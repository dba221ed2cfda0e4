import { isObject } from './published-schema.ts';
import type { JsonObject } from './published-schema.ts';
import type { SchemaComponents } from './schema-components.ts';

/** A member of a request that a query can say. */
export interface QueryMember {
  /** With dots where it is a member of a member: `address.city`. */
  readonly name: string;
  readonly schema: unknown;
  readonly required: boolean;
}

/** Most members of one request that are listed; others can be sent all the same. */
const most = 200;
/** Most names in `a.b.c`. */
const deepest = 8;
/** Names that the gateway takes from no query, nor one with a dot. */
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/** Most members that are looked at. */
const mostFound = 2_000;

/** A member that may have members itself, and the objects that it is inside of. */
interface Found extends QueryMember {
  readonly inside: readonly JsonObject[];
}

/**
 * The members of a request as a query says them: those of an object in it each by its own name, the
 * outer ones first. What no query can say is left out: lists of objects or of lists, objects that do
 * not name their members, and what goes on inside of itself.
 * @param elsewhere names that stand in the path
 */
export function queryMembers(
  request: JsonObject,
  elsewhere: readonly string[],
  components: SchemaComponents,
): readonly QueryMember[] {
  const found = membersOf({ name: '', schema: request, required: true, inside: [] }, components);
  const listed: QueryMember[] = [];
  // The list grows while it is walked: members of members come after all that are further out.
  for (const each of found) {
    if (listed.length === most) break;
    if (elsewhere.includes(each.name)) continue;
    const parts = partsOf(each.schema, components);
    if (!parts.some(isNested)) {
      if (parts.every((part) => hasPlainItems(part, components))) listed.push(each);
    } else if (each.inside.length < deepest && found.length < mostFound)
      found.push(...membersOf(each, components));
  }
  return listed;
}

function membersOf(of: Found, components: SchemaComponents): Found[] {
  const schema = components.resolve(of.schema);
  if (schema === undefined || of.inside.includes(schema)) return [];
  const found = new Map<string, Found>();
  for (const part of partsOf(schema, components)) {
    const { properties, required } = part;
    // Of alternatives nobody knows which one it will be.
    const needed = of.required && part === schema && Array.isArray(required) ? required : [];
    for (const [name, each] of Object.entries(isObject(properties) ? properties : {})) {
      if (name === '' || name.includes('.') || forbidden.has(name) || found.has(name)) continue;
      found.set(name, {
        name: of.name === '' ? name : `${of.name}.${name}`,
        schema: each,
        required: needed.includes(name),
        inside: [...of.inside, schema],
      });
    }
  }
  return [...found.values()];
}

/** A schema, and the ones that it consists of. */
function partsOf(schema: unknown, components: SchemaComponents): readonly JsonObject[] {
  const own = components.resolve(schema);
  if (own === undefined) return [];
  const inner = [own['allOf'], own['anyOf'], own['oneOf']].flat().slice(0, most);
  return [own, ...inner.map((each) => components.resolve(each)).filter((each) => isObject(each))];
}

const isNested = (part: JsonObject): boolean => 'properties' in part || isOf(part, 'object');

const isOf = ({ type }: JsonObject, name: string): boolean => [type].flat().includes(name);

const hasPlainItems = ({ items }: JsonObject, components: SchemaComponents): boolean =>
  !partsOf(items, components).some((part) => isNested(part) || isOf(part, 'array'));
