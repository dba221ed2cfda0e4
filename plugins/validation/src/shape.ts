import type { SchemaIssue } from '@micro-ts/interface';
import { listRules } from './fields.ts';
import type { Field } from './fields.ts';
import { maxIssues } from './issues.ts';
import type { Path } from './issues.ts';
import { isObject } from './rules.ts';
import type { Rule } from './rules.ts';

type Issues = SchemaIssue[];

/** Longest text that is taken for a bigint: reading takes the square of its length. */
const maxDigits = 1_000;

/**
 * What class-validator and class-transformer leave out: a list where an object is declared, and an
 * object or a single value where a list is, both of which class-validator lets pass; `@Type(() =>
 * BigInt)`, which class-transformer ignores.
 * @param value of a class with rules; its bigints are put in place.
 */
export function checkShape(
  value: object,
  fieldsOf: (type: unknown) => readonly Field[],
  path: Path = [],
  issues: Issues = [],
): Issues {
  const record = value as Record<string, unknown>;
  for (const field of fieldsOf(value.constructor)) {
    const { name, nested, types } = field;
    const given = record[name];
    if (given === undefined || given === null) continue;
    const problem = listProblem(field, given);
    if (problem !== undefined) issues.push({ path: [...path, name], message: problem });
    else if (types.includes(BigInt)) record[name] = toBigint(given, [...path, name], issues);
    else if (nested) checkNested(given, fieldsOf, [...path, name], issues);
    if (issues.length >= maxIssues) break;
  }
  return issues;
}

function checkNested(
  given: unknown,
  fieldsOf: (type: unknown) => readonly Field[],
  path: Path,
  issues: Issues,
): void {
  if (!isList(given)) {
    if (isObject(given)) checkShape(given, fieldsOf, path, issues);
    return;
  }
  let index = 0;
  for (const item of given instanceof Map ? given.values() : given) {
    if (issues.length >= maxIssues) return;
    if (Array.isArray(item)) issues.push({ path: [...path, index], message: 'must be an object' });
    else if (isObject(item)) checkShape(item, fieldsOf, [...path, index], issues);
    index++;
  }
}

function listProblem({ list, nested, rules }: Field, given: unknown): string | undefined {
  if (list === 'always' && !isList(given)) {
    return rules.some(refusesOthers) ? undefined : 'must be a list';
  }
  if (list !== 'never' || !isList(given)) return undefined;
  return nested ? 'must be an object, not a list' : 'must not be a list';
}

/** A rule of class-validator's own that only lists satisfy, with its own message. */
const refusesOthers = ({ name, each }: Rule): boolean => each !== true && listRules.has(name);

type List = readonly unknown[] | ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>;

const isList = (value: unknown): value is List =>
  Array.isArray(value) || value instanceof Set || value instanceof Map;

function toBigint(given: unknown, path: Path, issues: Issues): unknown {
  if (Array.isArray(given)) {
    return given.map((each, index) => toBigint(each, [...path, index], issues));
  }
  if (typeof given === 'bigint') return given;
  if (typeof given === 'number' && Number.isSafeInteger(given)) return BigInt(given);
  const digits = typeof given === 'string' && given.length <= maxDigits && /^-?\d+$/.test(given);
  if (digits) return BigInt(given);
  if (issues.length < maxIssues) issues.push({ path, message: 'must be a whole number' });
  return given;
}
