import type { CommandEntry, Commands } from '@micro-ts/commands';
import { nearest } from '@micro-ts/commands';
import type { LocalCommand } from './local-command.ts';

/** A local command before it is loaded. */
export interface LocalEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line, without a full stop. */
  readonly summary: string;
  load(): Promise<LocalCommand>;
}

/** What was found by its words. */
export type Found =
  | { readonly is: 'command'; readonly entry: CommandEntry; readonly rest: readonly string[] }
  | { readonly is: 'local'; readonly entry: LocalEntry; readonly rest: readonly string[] };

/** All that can be given on a line: what the registry has, and what needs this machine. */
export interface Catalogue {
  readonly commands: Commands;
  readonly local: readonly LocalEntry[];
  find(words: readonly string[]): Found | undefined;
  nearest(word: string): string | undefined;
}

export function createCatalogue(commands: Commands, local: readonly LocalEntry[]): Catalogue {
  const names = new Map<string, LocalEntry>();
  for (const entry of local)
    for (const name of [entry.name, ...(entry.aliases ?? [])]) names.set(name, entry);
  return {
    commands,
    local,
    find(words) {
      const [first = '', ...rest] = words;
      const entry = names.get(first);
      if (entry !== undefined) return { is: 'local', entry, rest };
      const found = commands.find(words);
      return found && { is: 'command', ...found };
    },
    nearest: (word) => nearest(word, names.keys()) ?? commands.nearest(word),
  };
}
