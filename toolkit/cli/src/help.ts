import type { Commands, JsonSchema, Member } from '@micro-ts/commands';
import { membersOf } from '@micro-ts/commands';
import { Command as Line } from 'commander';
import type { CommandLine } from './command-line.ts';
import { addOutputOptions, addSystemOptions } from './global-options.ts';

/** What `micro --help` prints. */
export function helpOf({ all }: Commands): string {
  const root = new Line('micro')
    .usage('<command> [options]')
    .description('Looks at, calls and runs what is registered. Without a command: a shell.');
  addSystemOptions(addOutputOptions(root), true).option('-V, --version', 'Show the version');
  root.helpCommand(false);
  for (const { name, summary } of all) root.addCommand(new Line(name).summary(summary));
  const hint =
    'A service is a command too: micro greeter hello --name Ann\nmicro <command> --help tells what a command takes.\n';
  return `${root.helpInformation()}\n${hint}`;
}

/** What `micro call --help` prints; `micro call greeter hello --help` with the members of the request. */
export function helpOfLine(
  { line, positionals }: CommandLine,
  examples: readonly string[] = [],
  request?: JsonSchema,
): string {
  const parts = [line.helpInformation().trimEnd()];
  if (positionals.length > 0) parts.push(section('Arguments:', positionals.map(argument)));
  if (request !== undefined) {
    const members = membersOf(request).map(flag);
    const title = 'The request, whose members can be flags:';
    parts.push(members.length === 0 ? 'The request has no members.' : section(title, members));
  }
  const lines = examples.map((each) => (/\bmicro /.test(each) ? each : `micro ${each}`));
  if (lines.length > 0) parts.push(['Examples:', ...lines.map((each) => `  ${each}`)].join('\n'));
  return `${parts.join('\n\n')}\n`;
}

type Row = readonly [left: string, right: string];

function section(title: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`.trimEnd());
  return [title, ...lines].join('\n');
}

const argument = ({ path, description = '' }: Member): Row => [path, description];

function flag({ path, kind, list, required, description, values }: Member): Row {
  const type = values.length > 0 ? values.join('|') : kind === 'any' ? 'json' : kind;
  const left = kind === 'boolean' ? `--${path}` : `--${path} <${type}>${list ? '...' : ''}`;
  const told = [
    description,
    required ? 'needed' : undefined,
    list ? 'repeat it for more' : undefined,
  ];
  return [left, told.filter((each) => each !== undefined).join('; ')];
}
