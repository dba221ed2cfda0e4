import { MicroError } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { asObject, asText, parseJson } from './json.ts';
import { decodeRecord, encodeRecord } from './record.ts';

/** Longest message that is read, in characters. */
const maxMessage = 8 * 1024 * 1024;

/** What processes tell and ask each other where no server keeps records. */
export interface RegistryMessage {
  /** `create`, `update` and `delete` tell of nodes; `get` and `list` ask. */
  readonly action: string;
  /** Name of the service; `undefined` where all are meant. */
  readonly service: string | undefined;
  readonly nodes: readonly Node[];
}

/** go-micro's question for the nodes of a service, or of all. */
export function encodeRegistryQuery(service?: string): string {
  if (service === undefined) return JSON.stringify({ Service: null, Action: 'list' });
  const nothing = { version: '', metadata: null, endpoints: null, nodes: null };
  return JSON.stringify({ Service: { name: service, ...nothing }, Action: 'get' });
}

/** go-micro's news of one node. It is always told with its service: Go's watchers rely on it. */
export const encodeRegistryChange = (action: 'create' | 'delete', node: Node): string =>
  `{"Service":${encodeRecord(node)},"Action":"${action}"}`;

/**
 * Reads a question or news of any era; the record in it is read as {@link decodeRecord} does.
 * @throws MicroError `data_loss` if it is neither.
 */
export function decodeRegistryMessage(text: string): RegistryMessage {
  try {
    const message = asObject(parseJson(text, maxMessage));
    const action = asText(message['Action']);
    if (message['Service'] === null || message['Service'] === undefined) {
      return { action, service: undefined, nodes: [] };
    }
    const record = asObject(message['Service']);
    const nodes = action === 'get' ? [] : decodeRecord(JSON.stringify(record));
    return { action, service: asText(record['name']), nodes };
  } catch (cause) {
    if (cause instanceof MicroError) throw cause;
    throw new MicroError('data_loss', `not a registry message: ${(cause as Error).message}`);
  }
}
