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
  for (const member of membersOf(await inputSchemaOf({ input: app.options }))) {
    const variable = variableOf(app.name, member.path);
    const flag = said[member.path];
    const text = env[variable];
    if (flag !== undefined) put(options, member, flag, `--${flagNameOf(member.path)}`);
    else if (text !== undefined && text !== '') put(options, member, text, variable);
  }
  return options;
}

/** `MICRO_SIDECAR_BODY_LIMIT` for `bodyLimit`. */
export const variableOf = (app: string, path: string): string =>
  `MICRO_${app}_${flagNameOf(path)}`.toUpperCase().replace(/[-.]/g, '_');

function put(options: Options, member: Member, given: unknown, from: string): void {
  const path = member.path.split('.');
  let at = options;
  for (const step of path.slice(0, -1)) {
    const next = Object.hasOwn(at, step) ? at[step] : undefined;
    at = isObject(next) ? next : (at[step] = {});
  }
  at[path.at(-1) ?? ''] = valueOf(member, given, from);
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
