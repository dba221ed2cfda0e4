import * as v from 'valibot';
import { askNodes, dataOf, textOf } from './ask-nodes.ts';
import type { NodeAnswer } from './ask-nodes.ts';
import { defineCommand } from './command.ts';
import { findService } from './find-service.ts';
import { named } from './inputs.ts';

const needed = 'service requested';

export const healthCommand = defineCommand({
  name: 'health',
  summary: 'Ask every node of a service how it is',
  examples: ['health greeter'],
  permission: 'read',
  input: v.object({ service: named('Name of the service', needed) }, needed),
  positionals: ['service'],
  async run({ service }, context) {
    const nodes = await findService(context.micro, service);
    const answers = await askNodes(nodes, 'Debug.Health', context);
    const row = (each: NodeAnswer): readonly string[] => [
      each.node.id,
      each.node.address,
      statusOf(each),
    ];
    const heading = joined(['node', 'address:port', 'status']);
    return {
      data: dataOf(service, answers, { status: 'unreachable' }),
      text: textOf(service, answers, heading, (each) => joined(row(each))),
      table: {
        columns: ['version', 'node', 'address', 'status'],
        rows: answers.map((each) => [each.node.version, ...row(each)]),
      },
      failed: answers.some((each) => statusOf(each) !== 'ok'),
    };
  },
});

/** `ok`, or in one line what is not. */
function statusOf({ answer, problem }: Omit<NodeAnswer, 'node'>): string {
  if (problem !== undefined) return problem.replaceAll('\n', ' ');
  const { status = 'unknown', parts } = answer ?? {};
  if (status === 'ok' || typeof parts !== 'object' || parts === null) return String(status);
  const down = Object.entries(parts as Record<string, { readonly up?: boolean }>)
    .filter(([, part]) => part.up === false)
    .map(([name]) => `${name} is down`);
  return [String(status), ...down].join(': ');
}

const joined = (cells: readonly string[]): string => cells.join('\t\t');
