import { endpointsOf, loadCommand, membersOf } from '@micro-ts/commands';
import type { CommandContext, Commands, Member, Micro } from '@micro-ts/commands';
import { commandLineOf, flagNameOf } from '../command-line.ts';
import { formats } from '../global-options.ts';
import { splitOpenMembers } from '../open-members.ts';

/** Longest that somebody who has pressed Tab waits, in ms. */
const patience = 2_000;
/** What a shell can take as it is: a service may be called anything. */
const harmless = /^[\w.:@/=+-]+$/;

/** Where completions come from. */
export interface Sources {
  readonly commands: Commands;
  readonly micro: Micro;
}

/**
 * What could stand in place of the last word. Never rejects and never takes long: what cannot be
 * asked is not offered.
 * @param words all after `micro`, the last of them begun
 */
export async function candidates(
  words: readonly string[],
  sources: Sources,
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), patience);
  });
  const found = await Promise.race([find(words, sources).catch(() => []), late]);
  clearTimeout(timer);
  const begun = words.at(-1) ?? '';
  const all = [...new Set(found)].filter((each) => harmless.test(each)).sort();
  const exact = all.filter((each) => each.startsWith(begun));
  if (exact.length > 0) return exact;
  return all.filter((each) => each.toLowerCase().startsWith(begun.toLowerCase()));
}

async function find(words: readonly string[], sources: Sources): Promise<readonly string[]> {
  const { commands, micro } = sources;
  const before = words.slice(0, -1);
  const begun = words.at(-1) ?? '';
  if (before.length === 0) {
    const names = commands.all.map(({ name }) => name);
    return [...names, 'help', ...(await micro.list().catch(() => []))];
  }
  if (before.at(-1) === '--output' || before.at(-1) === '-o') return formats;
  const found = commands.find(before) ?? commands.find(['call', ...before]);
  if (found === undefined) return [];
  const command = await loadCommand(found.entry);
  const { flags, positionals } = await commandLineOf(command);
  const { words: plain } = splitOpenMembers(found.rest);
  const said = Object.fromEntries(positionals.map(({ path }, at) => [path, plain[at]]));
  const flag = flags.find(({ path }) => `--${flagNameOf(path)}` === before.at(-1));
  if (flag !== undefined && flag.kind !== 'boolean') return valuesOf(flag, said, micro);
  if (begun.startsWith('-')) {
    const signal = AbortSignal.timeout(patience);
    const context: CommandContext = { micro, permissions: ['read'], signal };
    const schema = await command.open?.schema(said, context);
    const open = schema === undefined ? [] : membersOf(schema);
    const own = flags.map(({ path }) => `--${flagNameOf(path)}`);
    return [...own, ...open.map(({ path }) => `--${path}`), '--output', '--help'];
  }
  const place = positionals[plain.length];
  if (place === undefined) return [];
  const values = await valuesOf(place, said, micro);
  // All under one name each, until somebody writes the short one.
  return place.path === 'endpoint' && begun !== '' ? [...values, ...shortNames(values)] : values;
}

/** `hello` for `Greeter.Hello`, where no other endpoint is called so too. */
function shortNames(endpoints: readonly string[]): readonly string[] {
  const names = endpoints.map((name) => name.slice(name.indexOf('.') + 1));
  const meant = (name: string): number =>
    names.filter((other) => other.toLowerCase() === name.toLowerCase()).length;
  return names
    .filter((name) => meant(name) === 1)
    .map((name) => name.charAt(0).toLowerCase() + name.slice(1));
}

/** What a member can be, as far as the registry tells. */
async function valuesOf(
  { path, values }: Member,
  said: Readonly<Record<string, string | undefined>>,
  micro: Micro,
): Promise<readonly string[]> {
  if (values.length > 0) return values;
  const { service = '' } = said;
  if (path === 'service') return micro.list();
  if (path === 'endpoint') return [...endpointsOf(await micro.lookup(service)).keys()];
  if (path === 'topic') return topics(micro);
  if (path !== 'address') return [];
  return (await micro.lookup(service)).map(({ address }) => address);
}

async function topics(micro: Micro): Promise<readonly string[]> {
  const nodes = await Promise.all((await micro.list()).map((name) => micro.lookup(name)));
  return nodes
    .flat()
    .flatMap(({ endpoints }) => endpoints.flatMap(({ metadata }) => metadata['topic'] ?? []));
}
