import type { App } from '@micro-ts/core';
import type { Endpoint, Node } from '@micro-ts/interface';
import { exampleOf } from './example.ts';

/**
 * What a person wants to see when a service has started: what runs where, and a line to paste that
 * calls it. Empty for an app that serves nothing.
 */
export function banner({ nodes }: App): string {
  const lines = nodes.map(({ service, version, address, metadata }) => {
    const where = `registry ${metadata['registry']}, transport ${metadata['transport']}`;
    return `${service} ${version} listens on ${address} (${where})`;
  });
  const call = nodes.map(curl).find((line) => line !== undefined);
  if (call !== undefined) lines.push(`  ${call}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** A command that calls the node's first unary endpoint; `undefined` if curl cannot. */
function curl(node: Node): string | undefined {
  const endpoint = node.endpoints.find(({ kind }) => kind === 'unary');
  if (endpoint === undefined || node.metadata['transport'] !== 'http') return undefined;
  const scheme = node.metadata['secure'] === 'true' ? 'https' : 'http';
  const url = `${scheme}://${node.address}/${endpoint.name}`;
  return `curl -H 'Content-Type: application/json' -d ${quoted(bodyOf(endpoint))} ${url}`;
}

const bodyOf = ({ request }: Endpoint): string =>
  JSON.stringify(request === undefined ? {} : exampleOf(request));

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
