import type { Limits } from '@micro-ts/interface';
import { protocolVersion, readU32, smallestWindow, writeU32 } from './frame.ts';
import type { Slab } from './frame.ts';
import { ProtocolError } from './protocol-error.ts';

/** What one side tells the other about itself, in its first frame. */
export interface Settings {
  /** Bytes of a stream, headers included, that it takes before it has given credit. */
  readonly window: number;
  /** Largest message that it takes, in bytes. */
  readonly maxMessage: number;
  /** Most calls at once that it takes. */
  readonly maxCalls: number;
  /** From a server: the nodes that answer here. From a client: the one that it wants. */
  readonly nodes: readonly string[];
}

const key = { node: 0, window: 1, maxMessage: 2, maxCalls: 3 } as const;

/** What is assumed of a peer until its settings are read: the least that it can announce. */
export function assumedSettings({ messageBytes, callsPerConnection }: Limits): Settings {
  const [maxMessage, maxCalls] = [messageBytes, callsPerConnection];
  return { window: smallestWindow, maxMessage, maxCalls, nodes: [] };
}

/** Payload of SETTINGS. */
export function encodeSettings(settings: Settings): Buffer {
  const nodes = settings.nodes.map((node) => Buffer.from(node));
  const size = 1 + 3 * 5 + nodes.reduce((sum, node) => sum + 5 + node.length, 0);
  const payload = Buffer.alloc(size);
  let at = payload.writeUInt8(protocolVersion, 0);
  const put = (name: number, value: number): void => {
    payload[at] = name;
    writeU32(payload, at + 1, value);
    at += 5;
  };
  put(key.window, settings.window);
  put(key.maxMessage, Math.min(settings.maxMessage, 0xffff_ffff));
  put(key.maxCalls, Math.min(settings.maxCalls, 0xffff_ffff));
  for (const node of nodes) {
    put(key.node, node.length);
    payload.set(node, at);
    at += node.length;
  }
  return payload;
}

/** Reads the payload of SETTINGS. Keys that it does not know are skipped. */
export function decodeSettings(bytes: Slab, from: number, to: number, assumed: Settings): Settings {
  if (to === from || bytes[from] === 0) throw new ProtocolError('settings without a version');
  const values = { ...assumed };
  const nodes: string[] = [];
  let at = from + 1;
  while (at < to) {
    if (to - at < 5) throw new ProtocolError('settings are cut off');
    const name = bytes[at];
    const value = readU32(bytes, at + 1);
    at += 5;
    if (name === key.window) values.window = value;
    else if (name === key.maxMessage) values.maxMessage = value;
    else if (name === key.maxCalls) values.maxCalls = value;
    else if (name === key.node) {
      if (to - at < value) throw new ProtocolError('settings are cut off');
      nodes.push(bytes.utf8Slice(at, at + value));
      at += value;
    }
  }
  if (values.window < smallestWindow || values.window > 0x7fff_ffff) {
    throw new ProtocolError(`a window of ${values.window} bytes`);
  }
  return { ...values, nodes };
}
