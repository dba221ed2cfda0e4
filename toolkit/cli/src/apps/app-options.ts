import { inputSchemaOf, membersOf, misuse } from '@micro-ts/commands';
import type { Member, ToolkitApp } from '@micro-ts/commands';
import { loadConfig } from 'micro-ts';
import { flagNameOf } from '../command-line.ts';

type Options = Record<string, unknown>;

/**
 * The options of an app: flags over `MICRO_API_ADDRESS` and its like over `toolkit.api` of
 * `micro.config.ts`. Its own defaults and checks come after this.
 * @param said the flags, as texts
 */
export async function appOptions(
  app: Pick<ToolkitApp, 'name' | 'options'>,
  said: Readonly<Options>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Readonly<Options>> {
  const { config } = await loadConfig(process.cwd());
  const own: unknown = Reflect.get(config.toolkit ?? {}, app.name);
  const options: Options = structuredClone(isObject(own) ? own : {});
  const members = membersOf(await inputSchemaOf({ input: app.options }));
  for (const path of groupsOf(members)) {
    const variable = variableOf(app.name, path);
    const text = env[variable];
    if (text !== undefined && text !== '') put(options, path, groupOf(text, variable));
  }
  for (const member of members) {
    const variable = variableOf(app.name, member.path);
    const flag = said[member.path];
    const text = env[variable];
    const from = flag === undefined ? variable : `--${flagNameOf(member.path)}`;
    if (flag !== undefined) put(options, member.path, valueOf(member, flag, from));
    else if (text !== undefined && text !== '')
      put(options, member.path, valueOf(member, text, from));
  }
  return options;
}

/** `MICRO_SIDECAR_BODY_LIMIT` for `bodyLimit`. */
export const variableOf = (app: string, path: string): string =>
  `MICRO_${app}_${flagNameOf(path)}`.toUpperCase().replace(/[-.]/g, '_');

/** Options that are made of others: `acme` where there is `acme.hosts`; the outer first. */
function groupsOf(members: readonly Member[]): ReadonlySet<string> {
  const steps = members.map(({ path }) => path.split('.'));
  return new Set(
    steps.flatMap((each) => each.slice(0, -1).map((_, at) => each.slice(0, at + 1).join('.'))),
  );
}

/** @throws a misuse that does not quote it: it may hold a secret */
function groupOf(text: string, from: string): Options {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isObject(value)) return value;
  throw misuse(`${from} should be a JSON object; or set its members, each in ${from}_…`);
}

function put(options: Options, path: string, value: unknown): void {
  const steps = path.split('.');
  let at = options;
  for (const step of steps.slice(0, -1)) {
    const next = Object.hasOwn(at, step) ? at[step] : undefined;
    at = isObject(next) ? next : (at[step] = {});
  }
  at[steps.at(-1) ?? ''] = value;
}

/** A text as the option's type wants it. */
function valueOf(member: Member, given: unknown, from: string): unknown {
  if (member.list) {
    const texts = Array.isArray(given) ? given.map(String) : String(given).split(',');
    const [only = ''] = texts;
    if (only.startsWith('[')) return oneOf({ ...member, kind: 'any' }, String(given), from);
    return texts.map((text) => oneOf(member, text.trim(), from));
  }
  return typeof given === 'string' ? oneOf(member, given, from) : given;
}

function oneOf({ kind }: Member, text: string, from: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw misuse(`${from} is ${JSON.stringify(text)}, and should be true or false`);
    case 'integer':
    case 'number':
      if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
      throw misuse(`${from} is ${JSON.stringify(text)}, and should be a number`);
    case 'object':
    case 'any':
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
  }
}

const isObject = (value: unknown): value is Options =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
