import { didYouMean, endpointsOf, misuse, nearest } from '@micro-ts/commands';
import type { Commands, Micro } from '@micro-ts/commands';

/**
 * Reads `greeter hello --name Ann` as a call: the first word is no command, so it must be a service.
 * `greeter say hello` is `Say.Hello`, and `greeter` alone its `Call`.
 * @returns the words of `call`
 * @throws a misuse if it is no service either
 */
export async function wordsOfService(
  args: readonly string[],
  commands: Commands,
  micro: Micro,
): Promise<readonly string[]> {
  const [service = '', ...rest] = args;
  const services = await micro.list().catch((): readonly string[] => []);
  if (!services.includes(service)) throw unknown(service, commands, services);
  const names = [...endpointsOf(await micro.lookup(service)).keys()];
  const words = rest.filter((word, at) => rest.slice(0, at + 1).every(isName));
  const [first, second] = words;
  const joined = `${first}.${second}`;
  const has = (wanted: string): boolean =>
    names.some((name) => name.toLowerCase() === wanted.toLowerCase());
  if (second !== undefined && has(joined)) return [service, joined, ...rest.slice(2)];
  if (first !== undefined) return [service, ...rest];
  if (names.some((name) => /\.call$/i.test(name))) return [service, 'call', ...rest];
  const what =
    names.length === 0
      ? 'lists no endpoints: write the full name, such as Greeter.Hello'
      : `has ${names.join(', ')}`;
  throw misuse(`${service} what? It ${what}`);
}

const isName = (word: string): boolean => /^[\w.]+$/.test(word);

function unknown(word: string, commands: Commands, services: readonly string[]): Error {
  const meant = commands.nearest(word) ?? nearest(word, services);
  const hint =
    meant === undefined ? '. micro --help lists the commands' : didYouMean(word, [meant]);
  return misuse(`${word} is no command, and no service is called so${hint}`);
}
