// One command and the words after it, read by commander as the schema of its input says.
import {
  didYouMean,
  inputSchemaOf,
  membersOf,
  misuse,
  nearest,
  takesMember,
} from '@micro-ts/commands';
import type { Command, CommandContext, JsonSchema, Member } from '@micro-ts/commands';
import { Command as Line, Option } from 'commander';
import { splitOpenMembers } from './open-members.ts';

/** What a line is made of. */
type Described = Pick<Command, 'name' | 'summary' | 'input' | 'positionals' | 'open'>;

/** A command's line before it is read. */
export interface CommandLine {
  readonly line: Line;
  /** What it takes: as flags, and in places. */
  readonly flags: readonly Member[];
  readonly positionals: readonly Member[];
}

/** A line of a command, to which options of all commands can be added. */
export async function commandLineOf(command: Described): Promise<CommandLine> {
  const { name, summary, positionals = [], open } = command;
  const members = membersOf(await inputSchemaOf(command));
  const line = new Line(`micro ${name}`)
    .description(summary)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .allowExcessArguments()
    .allowUnknownOption(open !== undefined);
  const places = positionals.flatMap(
    (path) => members.find((member) => member.path === path) ?? [],
  );
  const flags = members.filter(({ path }) => !positionals.includes(path) && path !== open?.member);
  for (const flag of flags) addFlag(line, flag);
  const usage = places.map(({ path, required, list }) => {
    const word = list ? `${path}...` : path;
    return required ? `<${word}>` : `[${word}]`;
  });
  line.usage(['[options]', ...usage].join(' '));
  return { line, flags, positionals: places };
}

/** A spelling of a flag: its value is that of the member, whichever was typed. */
class Flag extends Option {
  readonly #path: string;

  constructor(path: string, flags: string, description: string) {
    super(flags, description);
    this.#path = path;
  }

  override attributeName(): string {
    return this.#path;
  }
}

/** `--env-file <value>`, which also answers to go-micro's `--env_file`; `--no-watch` for what is on. */
function addFlag(line: Line, member: Member): void {
  const { path, kind, list, values } = member;
  const name = flagNameOf(path);
  const on = kind === 'boolean' && member.default === true;
  const text = kind === 'boolean' ? `--${on ? 'no-' : ''}${name}` : `--${name} <value>`;
  const told = toldOf(member, on);
  for (const flags of new Set([text, text.replace(name, name.replaceAll('-', '_'))])) {
    const option = new Flag(path, flags, told).hideHelp(flags !== text);
    if (values.length > 0) option.choices([...values]);
    if (list) option.argParser((value: string, all: readonly string[] = []) => [...all, value]);
    line.addOption(option);
  }
}

/** What help says of a flag. @param on it can only turn off what is on */
function toldOf({ description = '', default: initial }: Member, on: boolean): string {
  if (on) return `Turn off: ${description.charAt(0).toLowerCase()}${description.slice(1)}`;
  const told = !['', '[]', '{}', 'null', 'true', 'false'].includes(shown(initial));
  return told ? `${description} (default: ${shown(initial)})` : description;
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** Has commander read a line. @throws a misuse for a flag that is not known, with what was meant */
export function readLine(line: Line, words: readonly string[]): void {
  try {
    line.parse([...words], { from: 'user' });
  } catch (error) {
    const [, flag] = /^error: unknown option '([^'=]+)/.exec((error as Error).message) ?? [];
    if (flag === undefined) throw error;
    const known = line.options.flatMap(({ long }) => long ?? []);
    throw misuse(`unknown option '${flag}'${didYouMean(flag, known)}`);
  }
}

/** The command's input, of a line that commander has read. */
export async function inputOf(
  { open }: Command,
  own: CommandLine,
  args: readonly string[],
  context: CommandContext,
): Promise<Readonly<Record<string, unknown>>> {
  if (open === undefined) return plainInputOf(own, args);
  const first = splitOpenMembers(args);
  const dashed = first.words.find((word) => /^-[a-z]/i.test(word));
  if (dashed !== undefined)
    throw misuse(`unknown option '${dashed}'. Members have two dashes: --name`);
  if (Object.keys(first.fields).length === 0) return plainInputOf(own, first.words);
  const schema = await open.schema(plainInputOf(own, first.words), context);
  const { words, fields } = splitOpenMembers(args, schema);
  for (const name of Object.keys(fields)) checkName(name, own, schema, context);
  return { ...plainInputOf(own, words), [open.member]: fields };
}

/**
 * A member whose name is nearly that of an option was probably meant to be that. Where nothing says what
 * members there are, it is one all the same, and the person is told.
 * @throws a misuse if there is no such member
 */
function checkName(
  name: string,
  { line }: CommandLine,
  schema: JsonSchema | undefined,
  { note }: CommandContext,
): void {
  const flag = `--${name}`;
  const options = line.options.flatMap(({ long }) => long ?? []);
  const members = schema === undefined ? [] : membersOf(schema).map(({ path }) => `--${path}`);
  const meant = nearest(flag, [...members, ...options]);
  if (meant === undefined || members.includes(meant)) return;
  if (!takesMember(name, schema))
    throw misuse(`unknown option '${flag}'${didYouMean(flag, [meant])}`);
  note?.(`${flag} is no option, so it is sent as a member${didYouMean(flag, [meant])}`);
}

/** Flags and words, without members that are not known before. */
export function plainInputOf(
  { line, flags, positionals }: CommandLine,
  words: readonly string[],
): Readonly<Record<string, unknown>> {
  const input: Record<string, unknown> = { ...placed(words, positionals) };
  const said = line.opts<Record<string, unknown>>();
  for (const { path } of flags) {
    if (said[path] !== undefined) input[path] = said[path];
  }
  return input;
}

/** `--env-file` for `env_file`, `--body-limit` for `bodyLimit`. */
export const flagNameOf = (path: string): string =>
  path
    .replace(/([a-z\d])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();

/** The words in their places; the last takes all that is left where it is a list. */
function placed(
  words: readonly string[],
  positionals: readonly Member[],
): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [at, { path, list }] of positionals.entries()) {
    if (at >= words.length) break;
    found[path] = list ? words.slice(at) : words[at];
  }
  const last = positionals.at(-1);
  const extra = last?.list === true ? undefined : words[positionals.length];
  if (extra !== undefined) throw misuse(`there is a word too many: ${extra}`);
  return found;
}
