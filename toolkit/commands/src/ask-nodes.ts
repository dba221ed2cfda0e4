import { MicroError, Raw } from 'micro-ts';
import type { Node } from 'micro-ts';
import type { CommandContext } from './command.ts';

/** What one node said, or why it did not. */
export interface Told {
  readonly node: Node;
  readonly answer?: Readonly<Record<string, unknown>>;
  readonly problem?: string;
}

/** Longest that a node may take to tell how it is, in ms. */
const patience = 2_000;
/** How many are asked at once. */
const atOnce = 32;

/** Asks every node one of its `Debug` endpoints. Never rejects: a node that is away is an answer. */
export async function askNodes(
  nodes: readonly Node[],
  endpoint: 'Debug.Health' | 'Debug.Stats',
  context: CommandContext,
): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let at = 0; at < nodes.length; at += atOnce) {
    const some = nodes.slice(at, at + atOnce);
    told.push(...(await Promise.all(some.map((node) => ask(node, endpoint, context)))));
  }
  return told;
}

async function ask(node: Node, endpoint: string, context: CommandContext): Promise<Told> {
  const { service, address } = node;
  const { micro, signal } = context;
  try {
    const options = { address, raw: true, timeout: patience, retries: 0, signal };
    const answer = await micro.call(service, endpoint, {}, options);
    const text = answer instanceof Raw ? new TextDecoder().decode(answer.bytes) : '{}';
    return { node, answer: JSON.parse(text) as Record<string, unknown> };
  } catch (error) {
    return { node, problem: MicroError.from(error, 'unknown').message };
  }
}
