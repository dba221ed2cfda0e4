import { metadata, MicroError } from '@micro-ts/interface';
import type { Endpoint, Node } from '@micro-ts/interface';
import { deflateSync, inflateSync } from 'node:zlib';
import { decodeEndpoint, encodeEndpoint } from './endpoint.ts';
import { parseJson } from './json.ts';
import { decodeTexts, sorted } from './text-map.ts';

/** What go-micro says of a node in the tags of a service, in Consul. */
export type TaggedNode = Pick<Node, 'version' | 'metadata' | 'endpoints'>;

/** Most that all tags of one node may inflate to, in bytes. */
const inflatedBytes = 4 * 1024 * 1024;

/**
 * go-micro's tags: one `t-` for each pair of metadata, one `e-` for each endpoint, and `v-` for the
 * version; behind each its text, by zlib and in hexadecimal. Equal nodes give equal tags.
 */
export function encodeServiceTags({ version, metadata, endpoints }: TaggedNode): readonly string[] {
  const pairs = Object.entries(sorted(metadata));
  return [
    // A pair by itself: in an object, `__proto__` would be no key like any other.
    ...pairs.map(([key, value]) => pack('t', `{${JSON.stringify(key)}:${JSON.stringify(value)}}`)),
    ...endpoints.map((endpoint) => pack('e', JSON.stringify(encodeEndpoint(endpoint)))),
    pack('v', version),
  ];
}

const pack = (kind: string, text: string): string => `${kind}-${deflateSync(text).toString('hex')}`;

/** True for tags that go-micro has written, or looks as if it had: those with a version. */
export function isTagged(tags: readonly string[]): boolean {
  return tags.some((tag) => /^v(-(?:[0-9a-f]{2})+$|=)/.test(tag));
}

/**
 * What tags say of a node, also the plain ones of 2015: `t={"key":"value"}`, `e={…}`, `v=1.0.0`. Where
 * both forms stand beside each other they say the same, and the first one counts. Others are passed over.
 * @throws MicroError `data_loss` if a tag cannot be read, or all inflate to more than 4 MiB.
 */
export function decodeServiceTags(tags: readonly string[]): TaggedNode {
  let left = inflatedBytes;
  const unpack = (tag: string): string => {
    if (tag[1] === '=') return tag.slice(2);
    const hex = tag.slice(2);
    if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) throw new Error('not hexadecimal');
    const bytes = inflateSync(Buffer.from(hex, 'hex'), { maxOutputLength: Math.max(1, left) });
    left -= bytes.length;
    return bytes.toString();
  };
  const of = (kind: string): readonly string[] => {
    const own = tags.filter((tag) => tag[0] === kind && (tag[1] === '-' || tag[1] === '='));
    return own.filter((tag) => tag[1] === own[0]?.[1]).map(unpack);
  };
  try {
    const pairs = of('t').map((text) => decodeTexts(parseJson(text, inflatedBytes)));
    const endpoints: readonly Endpoint[] = of('e').map((text) =>
      decodeEndpoint(parseJson(text, inflatedBytes)),
    );
    const [version = ''] = of('v');
    return { version, metadata: metadata(...pairs), endpoints };
  } catch (cause) {
    throw new MicroError('data_loss', `not the tags of a node: ${(cause as Error).message}`);
  }
}
