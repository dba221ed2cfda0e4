import { MicroError } from 'micro-ts';
import { safeParse } from 'valibot';
import type { InferOutput } from 'valibot';
import type { Command, CommandContext, InputSchema } from './command.ts';
import type { JsonSchema } from './json-schema.ts';
import { misuse } from './misuse.ts';
import { nearest } from './nearest.ts';
import type { Output } from './output.ts';

/** A command in a registry: there, or loaded when it is asked for. */
export type CommandEntry = Command | LazyCommand;

/** What is known of a command before it is loaded. */
export interface LazyCommand extends Pick<Command, 'name' | 'aliases' | 'summary' | 'permission'> {
  load(): Promise<Command>;
}

/** A command by the words that somebody gave. */
export interface FoundCommand {
  readonly entry: CommandEntry;
  /** The words that are left. */
  readonly rest: readonly string[];
}

/** The commands that somebody offers. */
export interface Commands {
  /** In the order in which they were given. */
  readonly all: readonly CommandEntry[];
  /** The command whose name or alias has the most of the first words. */
  find(words: readonly string[]): FoundCommand | undefined;
  /** The name that was probably meant; `undefined` if none is close. */
  nearest(word: string): string | undefined;
  /**
   * Does a command, if the context permits that. The answer comes in one piece or in many.
   * @param input as it came; the command's schema checks it
   * @throws MicroError `permission_denied`, `invalid_argument`, and what the command throws
   */
  run(command: Command, input: unknown, context: CommandContext): AsyncIterable<Output>;
}

/** Makes the one list of commands that can be found, checked and done. @throws for a name that two have */
export function createCommands(all: readonly CommandEntry[]): Commands {
  const names = new Map<string, CommandEntry>();
  for (const entry of all)
    for (const name of [entry.name, ...(entry.aliases ?? [])]) {
      if (names.has(name)) throw new Error(`two commands are called ${name}`);
      names.set(name, entry);
    }
  const longest = Math.max(...[...names.keys()].map((name) => name.split(' ').length));
  return {
    all,
    find(words) {
      for (let count = Math.min(longest, words.length); count > 0; count--) {
        const entry = names.get(words.slice(0, count).join(' ').toLowerCase());
        if (entry !== undefined) return { entry, rest: words.slice(count) };
      }
      return undefined;
    },
    nearest: (word) => nearest(word, names.keys()),
    async *run(command, input, context) {
      authorize(command, context);
      const whole = isRecord(input) ? await command.complete?.(input) : undefined;
      const answer = command.run(checkInput(command.input, whole ?? input), context);
      if (Symbol.asyncIterator in answer) yield* answer;
      else yield await answer;
    },
  };
}

/** The one place where a permission is asked for. @throws MicroError `permission_denied` */
function authorize({ name, permission }: Command, { permissions }: CommandContext): void {
  if (permissions.includes(permission)) return;
  throw new MicroError('permission_denied', `you may not ${name}: that needs \`${permission}\``);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The command itself. */
export const loadCommand = async (entry: CommandEntry): Promise<Command> =>
  'load' in entry ? entry.load() : entry;

/** The JSON Schema of a command's input. */
export async function inputSchemaOf({ input }: Pick<Command, 'input'>): Promise<JsonSchema> {
  const { toJsonSchema } = await import('@valibot/to-json-schema');
  const options = { typeMode: 'input', errorMode: 'ignore' } as const;
  return { ...toJsonSchema(input as Parameters<typeof toJsonSchema>[0], options) };
}

/** The input as the schema makes it. @throws a misuse that names the member */
export function checkInput<S extends InputSchema>(schema: S, input: unknown): InferOutput<S> {
  const parsed = safeParse(schema, input);
  if (parsed.success) return parsed.output;
  const { path, message, received } = parsed.issues[0];
  const place = path?.map(({ key }) => String(key)).join('.');
  const missing = received === 'undefined' && message.startsWith('Invalid ');
  if (place !== undefined && missing) throw misuse(`${place} is needed`);
  const own = place === undefined || received === 'undefined';
  throw misuse(own ? message : `${place}: ${message}`);
}
