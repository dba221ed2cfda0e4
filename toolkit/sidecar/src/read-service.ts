import { metadata, MicroError } from 'micro-ts';
import type { Node } from 'micro-ts';
import { refusal } from '@micro-ts/edge';
import { decodeRecord, formatAddress, isUnspecified, parseAddress } from '@micro-ts/wire';

/** A node as somebody describes it, and how it is to be checked. */
export interface ReadNode {
  readonly node: Node;
  /** URL of its health check, or `none`; without it the address is dialled. */
  readonly healthcheck: string | undefined;
}

/** Most nodes in one request. */
const mostNodes = 100;
/** Longest name or id of what is registered, in characters. */
const longestName = 255;

/** Stands for the id of a node that has none. */
const unnamed = '?';

/** Members that have a meaning; in JSON of Go programs they are spelt in any case. */
const serviceKeys = ['name', 'version', 'metadata', 'endpoints', 'nodes', 'healthcheck'];
const nodeKeys = ['id', 'address', 'port', 'metadata', 'healthcheck'];
const endpointKeys = ['name', 'request', 'response', 'metadata'];

/** How callers reach apps that are no Micro: go-micro's format over plain HTTP. */
const plainHttp = { transport: 'http', protocol: 'mucp', server: 'mucp' };

/**
 * Reads what `POST /registry` is given: go-micro's record of a service with its nodes, of any era.
 * @param host where the request came from, for nodes that say no more than a port
 * @throws MicroError `invalid_argument`
 */
export const readService = (body: Uint8Array, host: string): readonly ReadNode[] =>
  readNodes(parse(body), host);

/** The same, of what the JSON says. */
export function readNodes(value: unknown, host: string): readonly ReadNode[] {
  const service = spelt(value, serviceKeys);
  const nodes = listOf(service['nodes'], 'nodes').map((each) => spelt(each, nodeKeys));
  if (nodes.length === 0) throw wrong('nodes: there is none');
  if (nodes.length > mostNodes) throw wrong(`nodes: ${mostNodes} are the most`);
  const name = nameOf(service['name'], 'name');
  const endpoints = listOf(service['endpoints'], 'endpoints').map((each) =>
    spelt(each, endpointKeys),
  );
  return nodes.map((given) => {
    const id = given['id'] === undefined ? unnamed : nameOf(given['id'], 'id');
    const node = nodeOf({ ...service, name, endpoints, nodes: [{ ...given, id }] });
    const address = addressOf(node.address, host);
    return {
      // The same each time that it is registered again.
      node: { ...node, address, id: id === unnamed ? `${name}-${address}` : id },
      healthcheck: checkOf(given['healthcheck'] ?? service['healthcheck']),
    };
  });
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw wrong('the body is not the JSON of a service');
  }
}

/** The members of an object that mean something, under their usual names. */
function spelt(value: unknown, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('an object is missing: {"name", "nodes": [{"id", "address"}]}');
  const found: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    const name = key.toLowerCase();
    if (keys.includes(name) && each !== null) found[name] = each;
  }
  return found;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw wrong(`${what}: should be a list`);
}

function nameOf(value: unknown, what: string): string {
  const fits = typeof value === 'string' && /^[\w.:/@[\]-]+$/.test(value);
  if (fits && value.length <= longestName) return value;
  throw wrong(`${what}: should be a text of letters, digits and . _ - : / @`);
}

function nodeOf(record: Readonly<Record<string, unknown>>): Node {
  let node: Node | undefined;
  try {
    [node] = decodeRecord(JSON.stringify(record));
  } catch (error) {
    throw wrong(MicroError.from(error).message);
  }
  if (node === undefined) throw wrong('nodes: there is none');
  const version = node.version === '' ? 'latest' : node.version;
  const own = isWeb(node) ? node.metadata : metadata(plainHttp, node.metadata);
  return { ...node, version, metadata: own };
}

/** A web service takes any request, and no calls: the gateway's proxy knows it by its protocol alone. */
const isWeb = ({ metadata: { protocol } }: Node): boolean =>
  protocol === 'http' || protocol === 'https';

/** @throws MicroError if it has no port: nobody could call it */
function addressOf(text: string, caller: string): string {
  const { host, port } = parseAddress(text);
  if (port === 0) throw wrong(`address: ${JSON.stringify(text)} has no port`);
  return formatAddress(isUnspecified(host) ? caller : host, port);
}

function checkOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === false) return 'none';
  if (typeof value === 'string' && value !== '') return value;
  throw wrong('healthcheck: should be a URL, or none');
}

const wrong = (problem: string): MicroError => refusal('invalid_argument', problem);
