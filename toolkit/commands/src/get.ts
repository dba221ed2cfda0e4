import type { Node } from 'micro-ts';
import { encodeEndpoint } from '@micro-ts/wire';
import type { Value } from '@micro-ts/wire';
import * as v from 'valibot';
import { hostAndPort } from './address.ts';
import { defineCommand } from './command.ts';
import { byVersion, findService } from './find-service.ts';
import { named } from './inputs.ts';

const needed = 'service requested';

export const getCommand = defineCommand({
  name: 'get',
  aliases: ['get service', 'registry get', 'registry get service', 'describe'],
  summary: 'Show the nodes and endpoints of a service',
  examples: ['get greeter'],
  permission: 'read',
  input: v.object({ service: named('Name of the service', needed) }, needed),
  positionals: ['service'],
  async run({ service }, { micro }) {
    const nodes = await findService(micro, service);
    const versions = [...byVersion(nodes)];
    const text = [`service  ${service}`, ...versions.map(([name, those]) => version(name, those))];
    return {
      data: { service, nodes },
      text: text.join('\n\n'),
      table: {
        columns: ['version', 'id', 'address', 'metadata', 'endpoints'],
        rows: nodes.map(({ version, id, address, metadata, endpoints }) => [
          ...[version, id, address],
          pairsOf(metadata).join('\n'),
          endpoints.map(({ name }) => name).join('\n'),
        ]),
      },
    };
  },
});

/** As it was always printed: the nodes of a version, and what its first node can do. */
function version(name: string, nodes: readonly Node[]): string {
  const rows = nodes.map(({ id, address, metadata }) => {
    const { host, port } = hostAndPort(address);
    return [id, host, port, pairsOf(metadata).join(',')].join('\t');
  });
  const table = ['Id\tAddress\tPort\tMetadata', ...rows].join('\n');
  const endpoints = (nodes[0]?.endpoints ?? []).map((each) => {
    const { name, request, response, metadata } = encodeEndpoint(each);
    const texts = pairsOf(metadata).filter((pair) => !/^(request|response)-schema=/.test(pair));
    const heading = [`Endpoint: ${name}`];
    if (texts.length > 0) heading.push(`Metadata: ${texts.join(',')}`);
    const message = (what: string, value: Value | null) => `${what}: ${fieldsOf(value)}`;
    return [heading.join('\n'), message('Request', request), message('Response', response)];
  });
  return [...(name === '' ? [] : [`version ${name}`]), table, ...endpoints.flat()].join('\n\n');
}

function fieldsOf(value: Value | null): string {
  const values = value?.values ?? [];
  if (values.length === 0) return '{}';
  return `{\n${values.map((each) => field(each, 1)).join('')}}`;
}

function field({ name, type, values }: Value, depth: number): string {
  const indent = '\t'.repeat(depth);
  const own = `${indent}${snake(name)} ${type}`;
  if (values === null || values.length === 0) return `${own}\n`;
  return `${own} {\n${values.map((each) => field(each, depth + 1)).join('')}${indent}}\n`;
}

/** go-micro shows members as they are called in protobuf. */
const snake = (name: string): string => name.replace(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase();

const pairsOf = (texts: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(texts).map(([key, value]) => `${key}=${value}`);
