import { isJsonNumber, jsonProblem } from './json-text.ts';
import { membersOf } from './json-schema.ts';
import type { JsonSchema, Member } from './json-schema.ts';
import { misuse } from './misuse.ts';
import { didYouMean } from './nearest.ts';

/** Members as they are typed: lists of texts, by their paths. */
export type Fields = Readonly<Record<string, readonly string[]>>;

/** An object that becomes JSON, or JSON. */
type Branch = Map<string, Branch | string>;

/**
 * The JSON of an object whose members were typed one by one: `{ 'address.city': ['Rome'] }`. Numbers
 * keep all their digits.
 * @param schema tells what is a number and what a text that looks like one; without it JSON is taken
 *   for JSON and everything else for text
 * @throws MicroError `invalid_argument` for what the schema does not know or take
 */
export function jsonOfFields(fields: Fields, schema?: JsonSchema): string {
  const members = schema === undefined ? [] : membersOf(schema);
  const root: Branch = new Map();
  for (const [name, texts] of Object.entries(fields)) {
    const member = memberFor(name, members, schema);
    put(root, member.path.split('.'), jsonOf(member, texts), name);
  }
  return jsonOfBranch(root);
}

/** Whether an object takes a member of this name, as far as its schema tells. */
export const takesMember = (name: string, schema?: JsonSchema): boolean =>
  findMember(name, schema === undefined ? [] : membersOf(schema), schema) !== undefined;

/** @throws a misuse for a member that the object does not take */
function memberFor(name: string, members: readonly Member[], schema?: JsonSchema): Member {
  const found = findMember(name, members, schema);
  if (found !== undefined) return found;
  const paths = members.map(({ path }) => path);
  const known = paths.length === 0 ? 'It takes none' : `It has ${paths.join(', ')}`;
  throw misuse(`the request has no ${name}${didYouMean(name, paths) || `. ${known}`}`);
}

function findMember(
  name: string,
  members: readonly Member[],
  schema?: JsonSchema,
): Member | undefined {
  const same = members.filter(({ path }) => plain(path) === plain(name));
  const found = members.find(({ path }) => path === name) ?? same[0];
  if (found !== undefined) return found;
  const inside = members.some(
    ({ path, kind }) => (kind === 'any' || kind === 'object') && name.startsWith(`${path}.`),
  );
  const closed = members.length > 0 || schema?.['additionalProperties'] === false;
  if (closed && !inside && schema?.['additionalProperties'] !== true) return undefined;
  const open = { required: false, description: undefined, values: [], default: undefined };
  return { path: name, kind: 'any', list: false, ...open };
}

/** People write `--first-name` for `firstName` and `first_name`. */
const plain = (name: string): string => name.replace(/[-_]/g, '').toLowerCase();

function put(root: Branch, path: readonly string[], json: string, name: string): void {
  let at = root;
  for (const step of path.slice(0, -1)) {
    const next = at.get(step) ?? new Map<string, Branch | string>();
    if (typeof next === 'string') throw misuse(`${name} is given twice, in two ways`);
    at.set(step, next);
    at = next;
  }
  const last = path.at(-1) ?? '';
  if (at.has(last)) throw misuse(`${name} is given twice, in two ways`);
  at.set(last, json);
}

function jsonOf(member: Member, texts: readonly string[]): string {
  const [only = ''] = texts;
  if (member.list && texts.length === 1 && isJsonList(only)) return only;
  const values = texts.map((text) => jsonOfText(member, text));
  if (member.list) return `[${values.join(',')}]`;
  if (values.length > 1 && member.kind !== 'any')
    throw misuse(`${member.path} is one value, and was given ${values.length} times`);
  return values.length === 1 ? (values[0] ?? '') : `[${values.join(',')}]`;
}

const isJsonList = (text: string): boolean =>
  text.trimStart().startsWith('[') && jsonProblem(text) === undefined;

function jsonOfText({ path, kind }: Member, text: string): string {
  const mismatch = (wanted: string): Error =>
    misuse(`${path} is ${JSON.stringify(text)}, and should be ${wanted}`);
  switch (kind) {
    case 'text':
      return JSON.stringify(text);
    case 'integer':
    case 'number':
      if (!isJsonNumber(text)) throw mismatch(kind === 'integer' ? 'a whole number' : 'a number');
      return text;
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw mismatch('true or false');
      return text;
    case 'object':
      if (jsonProblem(text) !== undefined) throw mismatch('JSON');
      return text;
    case 'any':
      return jsonProblem(text) === undefined ? text : JSON.stringify(text);
  }
}

const jsonOfBranch = (branch: Branch): string =>
  `{${[...branch]
    .map(([name, each]) => {
      const json = typeof each === 'string' ? each : jsonOfBranch(each);
      return `${JSON.stringify(name)}:${json}`;
    })
    .join(',')}}`;
