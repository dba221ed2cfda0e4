// Commands of `sh` blocks: do the scripts, packages and files exist that they name?
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './documents.ts';
import type { Document } from './documents.ts';
import { filesOf } from './project.ts';

/** Commands of every system, and ours, about which there is nothing to know. */
const known: ReadonlySet<string> = new Set([
  'cd',
  'cp',
  'curl',
  'docker',
  'git',
  'kill',
  'micro',
  'mkdir',
  'rm',
]);

/** The commands of a block: one a line, or more with `\` at its end; without comments and variables. */
export function commandsOf(text: string): readonly string[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** What is wrong with a command; `undefined` if nothing is. */
export function problemOf(document: Document, line: string): string | undefined {
  for (const part of line.split('&&')) {
    const problem = problemOfOne(document, part.trim());
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfOne(document: Document, line: string): string | undefined {
  const [command = '', first = '', ...rest] = line.replace(/^([A-Z_]+=\S*\s+)+/, '').split(/\s+/);
  if (known.has(command)) return undefined;
  if (command === 'npm') return problemOfNpm(document, first, rest);
  if (command === 'npx' && known.has(first)) return undefined;
  if (command === 'npx') return missingTool(first) ?? missingFiles(document, rest);
  if (command === 'node') return missingFiles(document, [first, ...rest]);
  return `${command} is no command that the test knows; add it there, or write no-check and why`;
}

function problemOfNpm(
  document: Document,
  command: string,
  rest: readonly string[],
): string | undefined {
  if (['init', 'pkg', 'ci'].includes(command)) return undefined;
  if (['install', 'i'].includes(command)) {
    const names = rest.filter((word) => !word.startsWith('-'));
    const missing = names.find((name) => !existsSync(join(root, 'node_modules', name)));
    return missing === undefined ? undefined : `no package ${missing} in this workspace`;
  }
  const script = command === 'run' ? (rest[0] ?? '') : command;
  if (script in scriptsOf(document)) return undefined;
  return `no script ${script} in package.json`;
}

function scriptsOf(document: Document): object {
  const own = filesOf(document).get('package.json')?.text;
  const text = own ?? readFileSync(join(root, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly scripts?: object }).scripts ?? {};
}

const missingTool = (name: string): string | undefined =>
  existsSync(join(root, 'node_modules/.bin', name)) ? undefined : `no tool ${name}`;

/** Files are those of the document, or of the checkout. */
function missingFiles(document: Document, words: readonly string[]): string | undefined {
  const names = words.filter((word) => /\.[cm]?[jt]s$/.test(word));
  const files = filesOf(document);
  const source = (name: string): string => name.replace(/^dist\//, '').replace(/\.js$/, '.ts');
  const missing = names.find(
    (name) => !files.has(name) && !files.has(source(name)) && !existsSync(join(root, name)),
  );
  return missing === undefined ? undefined : `no file ${missing} in the document`;
}
