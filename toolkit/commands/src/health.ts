import * as v from 'valibot';
import { askNodes, dataOf, textOf } from './ask-nodes.ts';
import type { Told } from './ask-nodes.ts';
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
    const told = await askNodes(nodes, 'Debug.Health', context);
    const row = (each: Told): readonly string[] => [
      each.node.id,
      each.node.address,
      statusOf(each),
    ];
    const heading = joined(['node', 'address:port', 'status']);
    return {
      data: dataOf(service, told, { status: 'unreachable' }),
      text: textOf(service, told, heading, (each) => joined(row(each))),
      table: {
        columns: ['version', 'node', 'address', 'status'],
        rows: told.map((each) => [each.node.version, ...row(each)]),
      },
      failed: told.some((each) => statusOf(each) !== 'ok'),
    };
  },
});

/** `ok`, or in one line what is not. */
function statusOf({ answer, problem }: Omit<Told, 'node'>): string {
  if (problem !== undefined) return problem.replaceAll('\n', ' ');
  const { status = 'unknown', parts } = answer ?? {};
  if (status === 'ok' || typeof parts !== 'object' || parts === null) return String(status);
  const down = Object.entries(parts as Record<string, { readonly up?: boolean }>)
    .filter(([, part]) => part.up === false)
    .map(([name]) => `${name} is down`);
  return [String(status), ...down].join(': ');
}

const joined = (cells: readonly string[]): string => cells.join('\t\t');
