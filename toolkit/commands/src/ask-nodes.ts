import { MicroError, Raw } from 'micro-ts';
import type { Node } from 'micro-ts';
import { askAll } from './ask-all.ts';
import type { CommandContext } from './command.ts';
import { byVersion } from './find-service.ts';

/** What one node said, or why it did not. */
export interface NodeAnswer {
  readonly node: Node;
  readonly answer?: Readonly<Record<string, unknown>>;
  readonly problem?: string;
}

/** Longest that a node may take to tell how it is, in ms. */
const timeout = 2_000;

/** Asks every node one of its `Debug` endpoints. Never rejects: a node that is away is an answer. */
export function askNodes(
  nodes: readonly Node[],
  endpoint: 'Debug.Health' | 'Debug.Stats',
  context: CommandContext,
): Promise<readonly NodeAnswer[]> {
  return askAll(nodes, (node) => ask(node, endpoint, context));
}

/** What nodes answered, as people read it: a table of lines for each version. */
export function textOf(
  service: string,
  answers: readonly NodeAnswer[],
  heading: string,
  line: (answer: NodeAnswer) => string,
): string {
  const parts = [`service  ${service}`];
  for (const [version, nodes] of byVersion(answers.map(({ node }) => node))) {
    if (version !== '') parts.push(`version ${version}`);
    const those = answers.filter(({ node }) => nodes.includes(node));
    parts.push([heading, ...those.map(line)].join('\n'));
  }
  return parts.join('\n\n');
}

/** The same as data: what each node answered, or `silent` with the reason. */
export const dataOf = (service: string, answers: readonly NodeAnswer[], silent: object = {}) => ({
  service,
  nodes: answers.map(({ node: { id, version, address }, answer, problem }) => ({
    ...{ id, version, address },
    ...(problem === undefined ? answer : { ...silent, reason: problem }),
  })),
});

async function ask(node: Node, endpoint: string, context: CommandContext): Promise<NodeAnswer> {
  const { service, address } = node;
  const { micro, signal } = context;
  try {
    const options = { address, raw: true, timeout, retries: 0, signal };
    const answer = await micro.call(service, endpoint, {}, options);
    const text = answer instanceof Raw ? new TextDecoder().decode(answer.bytes) : '{}';
    return { node, answer: JSON.parse(text) as Record<string, unknown> };
  } catch (error) {
    return { node, problem: MicroError.from(error, 'unknown').message };
  }
}
