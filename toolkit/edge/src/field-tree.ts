import { refusal } from './refusal.ts';

/** Fields by name: the texts that were given for one, or the fields inside it. */
export type FieldTree = Map<string, readonly string[] | FieldTree>;

/** Most fields of one request. */
const most = 1_000;
/** Deepest nesting of `a.b.c`. */
const deepest = 16;
/** They mean something to JavaScript, and nothing to any service. */
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Fields of a query or a form: `a.b=1` is a field in a field, a repeated one is a list.
 * @throws MicroError `invalid_argument` if a field is both text and fields, or its name is refused
 */
export function fieldTree(pairs: Iterable<readonly [string, string]>): FieldTree {
  const tree: FieldTree = new Map();
  let count = 0;
  for (const [key, value] of pairs) {
    if (++count > most) throw refusal('invalid_argument', `more than ${most} fields`);
    if (key !== '') addField(tree, key, value);
  }
  return tree;
}

function addField(tree: FieldTree, key: string, value: string): void {
  const names = key.split('.', deepest + 1);
  const last = names.pop() as string;
  if (names.length >= deepest || last === '' || names.includes('')) throw misfit(key);
  if (forbidden.has(last) || names.some((each) => forbidden.has(each))) throw misfit(key);
  let inside = tree;
  for (const each of names) {
    const next = inside.get(each) ?? new Map();
    if (!(next instanceof Map)) throw misfit(key);
    inside.set(each, next);
    inside = next;
  }
  const before = inside.get(last) ?? [];
  if (before instanceof Map) throw misfit(key);
  inside.set(last, [...before, value]);
}

const misfit = (key: string): Error =>
  refusal('invalid_argument', `field ${JSON.stringify(key.slice(0, 100))} makes no sense`);
