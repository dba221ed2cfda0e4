import { decodeRecord, parseAddress } from '@micro-ts/wire';
import type { Node } from 'micro-ts';
import * as v from 'valibot';
import { aborted } from './aborted.ts';
import { defineCommand } from './command.ts';
import type { CommandContext } from './command.ts';
import { duration, jsonWords } from './inputs.ts';
import { misuse } from './misuse.ts';
import type { Output } from './output.ts';
import { messageOf } from './request-body.ts';

const record = jsonWords('The record as JSON: {"name", "nodes": [{"id", "address"}]}');
const example = `'{"name":"foo.bar","nodes":[{"id":"foo.bar-1","address":"127.0.0.1:9091"}]}'`;
const registerInput = v.object({
  record,
  ttl: v.optional(duration('How long it stays when this command was killed. Default 30s')),
});
const deregisterInput = v.object({ record });

export const registerCommand = defineCommand({
  name: 'register',
  aliases: ['register service', 'registry register', 'registry register service'],
  summary: 'Keep somebody else registered, until this command is ended',
  examples: [`register ${example}`],
  permission: 'write',
  input: registerInput,
  positionals: ['record'],
  run: register,
});

/** A registry forgets whoever is not told of again, so the command stays to tell. */
async function* register(
  { record: words, ttl }: v.InferOutput<typeof registerInput>,
  context: CommandContext,
): AsyncIterable<Output> {
  const { micro, signal, note } = context;
  const nodes = await nodesOf(words, context);
  for (const node of nodes) checkAddress(node);
  const kept = await Promise.all(nodes.map((node) => micro.register(node, ttl)));
  yield { data: 'ok', text: 'ok' };
  const ids = nodes.flatMap(({ id }, at) => (kept[at]?.waits === undefined ? [id] : []));
  if (ids.length > 0) note?.(`registered ${ids.join(', ')} until this command is ended`);
  for (const [at, { id }] of nodes.entries()) {
    const waits = kept[at]?.waits;
    if (waits !== undefined) note?.(`${id} waits: ${waits}; registered as soon as it answers`);
  }
  const lost = Promise.race(kept.map(({ closed }) => closed));
  const reason = await Promise.race([lost, aborted(signal)]);
  await Promise.all(kept.map((each) => each.close()));
  if (reason !== undefined) throw reason;
}

export const deregisterCommand = defineCommand({
  name: 'deregister',
  aliases: ['deregister service', 'registry deregister', 'registry deregister service'],
  summary: 'Remove somebody from the registry',
  examples: [`deregister ${example}`],
  permission: 'write',
  input: deregisterInput,
  positionals: ['record'],
  async run({ record: words }, context) {
    const nodes = await nodesOf(words, context);
    for (const node of nodes) await context.micro.deregister(node);
    return { data: 'ok', text: 'ok' };
  },
});

/** @throws a misuse for what is no record with nodes */
async function nodesOf(
  words: readonly string[],
  context: CommandContext,
): Promise<readonly Node[]> {
  const text = await messageOf({ words, what: 'the record' }, context);
  if (text === '{}') throw misuse(`require service definition, such as ${example}`);
  let nodes: readonly Node[];
  try {
    nodes = decodeRecord(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw misuse(`${problem}. Write it as ${example}`);
  }
  if (nodes.length === 0) throw misuse(`the record has no nodes. Write it as ${example}`);
  return nodes;
}

/**
 * A node of a bus has a subject or a queue for its address; all others are dialled.
 * @throws a misuse for what nobody could dial
 */
function checkAddress({ id, address, metadata: { transport = 'http' } }: Node): void {
  if (!['http', 'grpc'].includes(transport) && address !== '') return;
  if (dialled(address)) return;
  const problem = address === '' ? 'has no address' : `is at ${JSON.stringify(address)}`;
  throw misuse(`${id} ${problem}, where nobody could call it. Write host:port: ${example}`);
}

/** True for a host with one port. */
function dialled(address: string): boolean {
  try {
    const { port, lastPort } = parseAddress(address);
    return port > 0 && port === lastPort;
  } catch {
    return false;
  }
}
