import { membersOf, misuse } from '@micro-ts/commands';
import type { Fields, JsonSchema } from '@micro-ts/commands';

/** Words in their places, and members that were given as flags. */
export interface Split {
  readonly words: readonly string[];
  readonly fields: Fields;
}

/**
 * Sorts `greeter hello --name Ann --loud` into words and members. `--name=Ann` is a member whatever
 * it holds; `--name Ann` takes the next word, unless that is a flag or the schema says that the member
 * is true or false.
 * @throws a misuse for a member without a value that needs one
 */
export function splitOpenMembers(args: readonly string[], schema?: JsonSchema): Split {
  const members = schema === undefined ? [] : membersOf(schema);
  const kinds = new Map(members.map(({ path, kind }) => [path, kind]));
  const words: string[] = [];
  const fields = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    fields.set(name, [...(fields.get(name) ?? []), value]);
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const [, name, value] = /^--([^=\s][^=]*)(?:=([^]*))?$/.exec(arg) ?? [];
    if (name === undefined) {
      words.push(arg);
      continue;
    }
    const next = args[at + 1];
    const follows = next !== undefined && !/^--./.test(next);
    const kind = kinds.get(name);
    const switched = kind === 'boolean' && next !== 'true' && next !== 'false';
    if (value === undefined && !follows && kind !== undefined && kind !== 'boolean')
      throw misuse(`--${name} needs a value`);
    if (value !== undefined) add(name, value);
    else if (!follows || switched) add(name, 'true');
    else {
      add(name, next);
      at += 1;
    }
  }
  // Not `Object.fromEntries` alone: a member may be called `__proto__`, and is one like others.
  return {
    words,
    fields: Object.assign(Object.create(null), Object.fromEntries(fields)) as Fields,
  };
}
