import { rawMembers } from '@micro-ts/wire';
import type { Endpoint } from 'micro-ts';
import { refusal } from './refusal.ts';
import type { FieldTree } from './field-tree.ts';
import { SchemaView } from './schema-view.ts';

/**
 * The JSON of fields, each of the type that the endpoint's published schema gives it; text where it
 * says nothing. Numbers keep all of their digits.
 * @throws MicroError `invalid_argument` for what is not of its type
 */
export function fieldsToJson(tree: FieldTree, schema: Endpoint['request']): string {
  return objectJson(tree, SchemaView.of(schema), '');
}

/**
 * A JSON object with fields added to it; all else in it stays as it was written.
 * @param json what has been checked to be an object
 * @param wins whether a field replaces what the object has of its name
 */
export function addFields(
  json: string,
  tree: FieldTree,
  schema: Endpoint['request'],
  wins: boolean,
): string {
  return mergedJson(json, tree, SchemaView.of(schema), '', wins);
}

function mergedJson(
  json: string,
  tree: FieldTree,
  schema: SchemaView,
  path: string,
  wins: boolean,
): string {
  const members = new Map(rawMembers(json));
  for (const [name, value] of tree) {
    const before = members.get(name);
    const [inner, at] = [schema.property(name), `${path}${name}`];
    if (value instanceof Map && before?.startsWith('{') === true)
      members.set(name, mergedJson(before, value, inner, `${at}.`, wins));
    else if (before === undefined || wins) members.set(name, fieldJson(value, inner, at));
  }
  return toObject(members);
}

function objectJson(tree: FieldTree, schema: SchemaView, path: string): string {
  const members = new Map<string, string>();
  for (const [name, value] of tree)
    members.set(name, fieldJson(value, schema.property(name), `${path}${name}`));
  return toObject(members);
}

const toObject = (members: ReadonlyMap<string, string>): string =>
  `{${Array.from(members, ([name, json]) => `${JSON.stringify(name)}:${json}`).join()}}`;

function fieldJson(value: readonly string[] | FieldTree, schema: SchemaView, path: string): string {
  if (value instanceof Map) return objectJson(value, schema, `${path}.`);
  const [first = '', ...more] = value;
  const { items } = schema;
  if (items !== undefined) return `[${value.map((each) => textJson(each, items, path)).join()}]`;
  if (more.length === 0) return textJson(first, schema, path);
  if (schema.isKnown) throw wrong(path, 'given once');
  return JSON.stringify(value);
}

function textJson(text: string, schema: SchemaView, path: string): string {
  const json = schema.jsonOf(text);
  if (json === undefined) throw wrong(path, schema.description);
  return json;
}

const wrong = (path: string, wanted: string): Error =>
  refusal('invalid_argument', `${path.slice(0, 200)} should be ${wanted}`);
