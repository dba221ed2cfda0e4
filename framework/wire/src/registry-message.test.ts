import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MicroError } from '@micro-ts/interface';
import { decodeRegistryMessage, encodeRegistryChange } from './registry-message.ts';
import { encodeRegistryQuery } from './registry-message.ts';

describe('messages of a registry without a server', () => {
  const recorded = readFileSync(join(__dirname, 'golden', 'nats-registry.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { subject: string; data: string });
  const [created] = recorded.map(({ data }) => data);
  const query = recorded.find(({ subject }) => subject === 'micro.nats.query')?.data ?? '';

  it('asks as go-micro asks, and reads its question', () => {
    expect(JSON.parse(encodeRegistryQuery('greeter'))).toEqual(JSON.parse(query));
    expect(decodeRegistryMessage(query)).toEqual({ action: 'get', service: 'greeter', nodes: [] });
    const all = { action: 'list', service: undefined, nodes: [] };
    expect(decodeRegistryMessage(encodeRegistryQuery())).toEqual(all);
  });

  it('reads what go-micro tells of a node, and tells it so that it is read again', () => {
    const { action, service, nodes } = decodeRegistryMessage(created ?? '');
    expect([action, service]).toEqual(['create', 'greeter']);
    expect(nodes.map(({ id }) => id)).toEqual(['greeter-11111111-2222-4333-8444-555555555555']);
    const [node] = nodes;
    if (node === undefined) throw new Error('no node');
    const told = decodeRegistryMessage(encodeRegistryChange('delete', node));
    expect(told).toEqual({ action: 'delete', service, nodes });
  });

  it.each([
    '',
    'no JSON',
    '[]',
    '{"Service":7,"Action":"create"}',
    '{"Service":{},"Action":"list"}',
  ])('refuses %j', (text) => {
    expect(() => decodeRegistryMessage(text)).toThrow(MicroError);
  });
});
