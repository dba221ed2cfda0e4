import { ConfigError } from '@micro-ts/interface';
import type { Libraries } from './libraries.ts';
import { isClass, rulesOf } from './rules.ts';
import type { Class, Rule } from './rules.ts';

/** One property of a class with rules. */
export interface Field {
  readonly name: string;
  /** The key that a caller sends, where `@Expose` gives another. */
  readonly sent: string;
  readonly rules: readonly Rule[];
  /** Classes that its value, or its elements, can have: `Date`, `BigInt` and the user's own. */
  readonly types: readonly unknown[];
  /** Its value is checked by the rules of its class. */
  readonly nested: boolean;
  /** Whether a list is what must, may or cannot stand there. */
  readonly list: 'always' | 'maybe' | 'never';
  /** Which class it has depends on the value. */
  readonly dynamic: boolean;
}

type Fields = (type: unknown) => readonly Field[];

/** Looks up the fields of classes, each class once. */
export function createFields(libraries: Libraries): Fields {
  const known = new WeakMap<object, readonly Field[]>();
  return (type) => {
    if (!isClass(type)) return [];
    let fields = known.get(type);
    if (fields === undefined) known.set(type, (fields = fieldsOf(type, libraries)));
    return fields;
  };
}

function fieldsOf(type: Class, { types }: Libraries): readonly Field[] {
  const byName = new Map<string, Rule[]>();
  for (const rule of rulesOf(type)) {
    const rules = byName.get(rule.propertyName);
    if (rules === undefined) byName.set(rule.propertyName, [rule]);
    else rules.push(rule);
  }
  const excluded = new Set(types.getExcludedProperties(type, 0));
  return Array.from(byName)
    .filter(([name]) => !excluded.has(name))
    .map(([name, rules]) => fieldOf(type, name, rules, types));
}

function fieldOf(
  type: Class,
  name: string,
  rules: readonly Rule[],
  types: Libraries['types'],
): Field {
  const typeRule = types.findTypeMetadata(type, name);
  const emitted = emittedType(type, name);
  const nested = rules.some((rule) => rule.type === 'nestedValidation');
  const made = types.findTransformMetadatas(type, name, 0).length > 0;
  if (nested && typeRule === undefined && !made) {
    throw new ConfigError(
      `${type.name}.${name}`,
      'nothing says of which class its value is, so that no request could pass',
      'Decorate it with @Type(() => TheClass).',
    );
  }
  const one = callTypeFunction(typeRule?.typeFunction, name);
  const more = typeRule?.options?.discriminator?.subTypes?.map(({ value }) => value) ?? [];
  const found = [one, ...more].filter((each) => typeof each === 'function' && each !== Object);
  return {
    name,
    sent: types.findExposeMetadata(type, name)?.options?.name ?? name,
    rules,
    types: found.length > 0 ? found : [emitted].filter((each) => each !== undefined),
    nested,
    list: listOf(rules, emitted, found.includes(BigInt) || nested),
    dynamic: made || (typeRule !== undefined && found.length === 0),
  };
}

/** What the compiler says that the property is, if it says something. */
function emittedType(type: Class, name: string): unknown {
  const { getMetadata } = Reflect as {
    getMetadata?: (key: string, target: unknown, property: string) => unknown;
  };
  const emitted = getMetadata?.('design:type', type.prototype, name);
  return emitted === Object ? undefined : emitted; // unions, interfaces and type-only imports
}

/** The function of `@Type`; those that look at the value cannot be asked beforehand. */
function callTypeFunction(typeFunction: ((options: object) => unknown) | undefined, name: string) {
  try {
    return typeFunction?.({ newObject: {}, object: {}, property: name });
  } catch {
    return undefined;
  }
}

/** Rules of class-validator for the whole of a list. */
export const listRules: ReadonlySet<unknown> = new Set([
  'isArray',
  'arrayContains',
  'arrayMaxSize',
  'arrayMinSize',
  'arrayNotContains',
  'arrayNotEmpty',
  'arrayUnique',
]);
const listTypes: ReadonlySet<unknown> = new Set([Array, Set, Map]);

function listOf(rules: readonly Rule[], emitted: unknown, typed: boolean): Field['list'] {
  if (listTypes.has(emitted) || rules.some(({ name }) => listRules.has(name))) return 'always';
  if (rules.some(({ each }) => each === true)) return emitted === undefined ? 'always' : 'maybe';
  return typed ? 'never' : 'maybe';
}

/**
 * Every class that a value of this class can hold.
 * @throws ConfigError for a property that no value could satisfy.
 */
export function reachableFrom(type: Class, fields: Fields): ReadonlySet<Class> {
  const found = new Set<Class>([type]);
  for (const each of found) {
    for (const { types } of fields(each))
      for (const next of types) if (isClass(next)) found.add(next);
  }
  return found;
}
