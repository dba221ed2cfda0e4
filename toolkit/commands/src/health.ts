import * as v from 'valibot';
import { askNodes } from './ask-nodes.ts';
import type { Told } from './ask-nodes.ts';
import { defineCommand } from './command.ts';
import { byVersion, findService } from './find-service.ts';
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
    const row = ({ node, ...rest }: Told): readonly string[] => [
      node.id,
      node.address,
      statusOf(rest),
    ];
    const text = [`service  ${service}`];
    for (const [version, those] of byVersion(nodes)) {
      if (version !== '') text.push(`version ${version}`);
      const rows = told.filter(({ node }) => those.includes(node)).map(row);
      text.push([['node', 'address:port', 'status'], ...rows].map(joined).join('\n'));
    }
    return {
      data: {
        service,
        nodes: told.map(({ node: { id, version, address }, answer, problem }) => ({
          ...{ id, version, address },
          ...(problem === undefined ? answer : { status: 'unreachable', reason: problem }),
        })),
      },
      text: text.join('\n\n'),
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
