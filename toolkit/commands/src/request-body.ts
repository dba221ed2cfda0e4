import { Raw } from 'micro-ts';
import type { CommandContext } from './command.ts';
import { jsonOfFields } from './fields.ts';
import type { Fields } from './fields.ts';
import { jsonProblem } from './json-text.ts';
import type { JsonSchema } from './json-schema.ts';
import { misuse } from './misuse.ts';

/** How a person gives a message. */
export interface Given {
  /** JSON in words; `-` for what comes through the pipe. */
  readonly words: readonly string[];
  /** Members by their names, where they can be given so. */
  readonly fields?: Fields;
  /** What it is: `the request`, unless given. */
  readonly what?: string;
  /** What to say where nothing was given; without it, that is `{}`. */
  readonly needed?: string;
}

/** Longest that a pipe may be silent before its first text, in ms. */
const longestSilence = 5_000;
/** Largest message that is read of a pipe, in characters. */
const most = 64 * 1024 * 1024;

/** JSON as a body that nobody parses on its way. */
export const rawJson = (text: string): Raw =>
  new Raw('application/json', new TextEncoder().encode(text));

/**
 * One message: of members, JSON or the pipe.
 * @throws a misuse for what is no JSON, and for nothing where something is needed
 */
export async function messageOf(
  given: Given,
  { pipe }: CommandContext,
  schema?: JsonSchema,
): Promise<string> {
  const text = given.words.join(' ').trim();
  const { fields, what = 'the request' } = given;
  if (fields !== undefined && Object.keys(fields).length > 0) {
    if (text !== '') throw misuse(`give ${what} as flags or as JSON, not as both at once`);
    return jsonOfFields(fields, schema);
  }
  if (text !== '' && text !== '-')
    return checked(text, what, fields && '. Write members as --name value');
  if (pipe === undefined) {
    if (text === '-') throw misuse('- stands for a pipe, and there is none');
    return nothing(given);
  }
  let piped = '';
  for await (const part of started(pipe)) {
    piped += part;
    if (piped.length > most) throw misuse(`the pipe brought more than ${most} characters`);
  }
  return piped.trim() === '' ? nothing(given) : checked(piped.trim(), 'what came through the pipe');
}

function nothing({ needed }: Given): string {
  if (needed !== undefined) throw misuse(needed);
  return '{}';
}

/** Messages as they come through the pipe, a line each; of words or members the one that they are. */
export async function* messagesOf(
  given: Given,
  context: CommandContext,
  schema?: JsonSchema,
): AsyncIterable<string> {
  const { words, fields = {} } = given;
  const one = Object.keys(fields).length > 0 || !['', '-'].includes(words.join(' ').trim());
  if (one || context.pipe === undefined) {
    yield await messageOf(given, context, schema);
    return;
  }
  let left = '';
  for await (const part of context.pipe) {
    const lines = (left + part).split('\n');
    left = lines.pop() ?? '';
    if (left.length > most) throw misuse(`a line of the pipe has more than ${most} characters`);
    for (const line of lines) if (line.trim() !== '') yield checked(line, 'a line of the pipe');
  }
  if (left.trim() !== '') yield checked(left, 'the last line of the pipe');
}

function checked(json: string, what: string, fix = ''): string {
  const problem = jsonProblem(json);
  if (problem === undefined) return json;
  throw misuse(`${what} is no JSON: ${problem}${fix}`);
}

/** A pipe that somebody forgot to close must not hold the command for ever. */
async function* started(pipe: AsyncIterable<string>): AsyncIterable<string> {
  const iterator = pipe[Symbol.asyncIterator]();
  const first = iterator.next();
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), longestSilence);
  });
  const begun = await Promise.race([first, silence]).finally(() => clearTimeout(timer));
  if (begun === undefined) {
    first.catch(() => undefined);
    throw misuse(
      `no request came through the pipe for ${longestSilence / 1_000} s. Give it as flags or JSON, or close the pipe: </dev/null`,
    );
  }
  for (let next = begun; next.done !== true; next = await iterator.next()) yield next.value;
}
