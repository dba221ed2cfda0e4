import { metadata } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { filterNodes, filtersKey } from './filters.ts';

const item = (id: string, version: string, labels: Record<string, string>): { node: Node } => ({
  node: { id, service: 's', version, address: '', metadata: metadata(labels), endpoints: [] },
});
const items = [
  item('a', '1', { zone: 'eu', tier: 'gold' }),
  item('b', '2', { zone: 'eu' }),
  item('c', '2', { zone: 'us', tier: 'gold' }),
];
const ids = (filters: Parameters<typeof filterNodes>[1]): string =>
  filterNodes(items, filters)
    .map(({ node }) => node.id)
    .join('');

describe('filters', () => {
  it.each([
    [undefined, 'abc'],
    [{ version: '2' }, 'bc'],
    [{ labels: { Tier: 'gold' } }, 'ac'],
    [{ zone: 'us' }, 'c'],
    [{ zone: 'mars' }, 'abc'],
    [{ version: '1', zone: 'us' }, 'a'],
    [{ version: '3' }, ''],
  ])('%j leaves %s', (filters, expected) => {
    expect(ids(filters)).toBe(expected);
  });

  it('have one key if they mean the same', () => {
    expect(filtersKey({ labels: { a: '1', b: '2' }, version: 'x' })).toBe(
      filtersKey({ version: 'x', labels: { b: '2', a: '1' } }),
    );
  });
});
