import * as v from 'valibot';
import { askNodes, dataOf, textOf } from './ask-nodes.ts';
import type { NodeAnswer } from './ask-nodes.ts';
import { defineCommand } from './command.ts';
import { findService } from './find-service.ts';
import { named } from './inputs.ts';
import { tellsFigures } from './top/figures.ts';

const needed = 'service requested';
const figures = ['started', 'uptime', 'memory', 'threads', 'gc'] as const;

export const statsCommand = defineCommand({
  name: 'stats',
  summary: 'Ask every node of a service for its figures',
  examples: ['stats greeter', 'stats greeter --output json'],
  permission: 'read',
  input: v.object({ service: named('Name of the service', needed) }, needed),
  positionals: ['service'],
  async run({ service }, context) {
    const nodes = await findService(context.micro, service);
    const answers = (await askNodes(nodes, 'Debug.Stats', context)).map(checked);
    const row = (each: NodeAnswer): string =>
      line([each.node.id, each.node.address, ...cellsOf(each)]);
    return {
      data: dataOf(service, answers),
      text: textOf(service, answers, line(['node', 'address:port', ...figures]), row),
      table: {
        columns: ['version', 'node', 'address', ...figures],
        rows: answers.map((each) => [
          ...[each.node.version, each.node.id, each.node.address],
          ...cellsOf(each),
        ]),
      },
      failed: answers.some(({ problem }) => problem !== undefined),
    };
  },
});

/** Anything may be registered, and answer with anything. */
const checked = (given: NodeAnswer): NodeAnswer =>
  given.answer === undefined || tellsFigures(given.answer)
    ? given
    : { node: given.node, problem: 'it tells no figures: its Debug.Stats is something else' };

/** Two tabs round the address, one between figures. */
const line = ([id = '', address = '', ...cells]: readonly string[]): string =>
  `${id}\t\t${address}\t\t${cells.join('\t')}`;

/** Empty where a node could not be asked. */
function cellsOf({ answer }: NodeAnswer): readonly string[] {
  if (answer === undefined) return figures.map(() => '');
  const [started, uptime, memory, threads, gc] = figures.map((name) => Number(answer[name]) || 0);
  return [
    dateOf((started ?? 0) * 1_000),
    durationOf((uptime ?? 0) * 1e9),
    `${((memory ?? 0) / 1024 / 1024).toFixed(2)}mb`,
    String(threads),
    durationOf(gc ?? 0),
  ];
}

/** `Jan 2 15:04:05`, in the time of this machine. */
function dateOf(ms: number): string {
  const date = new Date(ms);
  const month = date.toLocaleString('en-US', { month: 'short' });
  return `${month} ${date.getDate()} ${date.toTimeString().slice(0, 8)}`;
}

/** A duration of nanoseconds as Go writes it: `1h2m3s`, `1.5ms`, `0s`. */
export function durationOf(nanoseconds: number): string {
  if (nanoseconds < 1e9) {
    if (nanoseconds === 0) return '0s';
    if (nanoseconds < 1e3) return `${nanoseconds}ns`;
    return nanoseconds < 1e6 ? `${nanoseconds / 1e3}µs` : `${nanoseconds / 1e6}ms`;
  }
  const seconds = nanoseconds / 1e9;
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = `${Number((seconds % 60).toFixed(9))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
