import { metadata } from 'micro-ts';
import type { Node } from 'micro-ts';
import type { DirectoryEntry } from './directory.ts';
import { buildRouteTable } from './route-table.ts';

type Routes = Readonly<Record<string, string | Record<string, string>>>;

function entry(
  service: string,
  ...versions: readonly (readonly [string, Routes])[]
): DirectoryEntry {
  const nodes = versions.map(([version, routes]): Node => {
    const endpoints = Object.entries(routes).map(([name, http]) => ({
      ...{ name, kind: 'unary' as const },
      metadata: metadata(typeof http === 'string' ? { http } : http),
    }));
    return { id: version, service, version, address: '', metadata: metadata(), endpoints };
  });
  const all = [...nodes].reverse().flatMap(({ endpoints }) => endpoints);
  return { service, nodes, endpoints: new Map(all.map((each) => [each.name, each])) };
}

const shop = entry('shop', [
  '1.0.0',
  {
    'Shop.All': 'GET /items',
    'Shop.Get': 'GET /items/:id',
    'Shop.New': 'GET /items/new',
    'Shop.Part': 'GET /items/{id}/parts/:part.no',
    'Shop.NewParts': 'GET /items/new/:what',
    'Shop.File': 'GET /files/*path',
    'Shop.Put': 'PUT /items/:id',
    'Go.Old': { path: '/old, /older', method: 'GET,POST' },
    'Go.Any': { path: '/any', handler: 'rpc' },
    'Go.Expression': { path: '^/x.*$', method: 'GET' },
  },
]);

const found = (method: string, path: string, ...entries: DirectoryEntry[]): string => {
  const match = buildRouteTable(entries.length === 0 ? [shop] : entries).match(method, path);
  if (match === undefined) return 'nothing';
  const { endpoint, filters } = match.target;
  const version = filters === undefined ? '' : `@${filters.version}`;
  return `${endpoint.name}${version} ${match.variables.map((each) => each.join('=')).join(' ')}`.trim();
};

describe('a route table', () => {
  it.each([
    ['GET', '/items', 'Shop.All'],
    ['GET', '/items/', 'Shop.All'],
    ['HEAD', '/items', 'Shop.All'],
    ['GET', '/items/7', 'Shop.Get id=7'],
    ['GET', '/items/a%20b', 'Shop.Get id=a b'],
    ['GET', '/items/new', 'Shop.New'],
    ['GET', '/items/new/parts', 'Shop.NewParts what=parts'],
    ['GET', '/items/new/parts/3', 'Shop.Part id=new part.no=3'],
    ['GET', '/files/a/b.txt', 'Shop.File path=a/b.txt'],
    ['GET', '/files', 'nothing'],
    ['PUT', '/items/7', 'Shop.Put id=7'],
    ['POST', '/items/7', 'nothing'],
    ['GET', '/itemsx', 'nothing'],
    ['GET', '/x/items', 'nothing'],
    ['GET', '//items', 'nothing'],
    ['POST', '/older', 'Go.Old'],
    ['DELETE', '/any', 'Go.Any'],
    ['GET', '/xyz', 'nothing'],
  ])('has for %s %s: %s', (method, path, expected) => {
    expect(found(method, path)).toBe(expected);
  });

  it.each(['/items/..', '/items/%2e%2e', '/files/a%2fb', '/items/%00', '/items/%zz'])(
    'refuses %s',
    (path) => {
      expect(() => found('GET', path)).toThrow('the path');
    },
  );

  it('tells of two services that ask for the same paths', () => {
    const [a, b] = [
      entry('a', ['1', { 'A.X': 'GET /x/:id' }]),
      entry('b', ['1', { 'B.X': 'GET /x/:name' }]),
    ];
    for (const entries of [
      [a, b],
      [b, a],
    ]) {
      const { conflicts, routes } = buildRouteTable(entries);
      expect(found('GET', '/x/7', ...entries)).toBe('A.X id=7');
      expect(routes).toHaveLength(1);
      expect(conflicts).toMatchObject([
        {
          lost: { target: { service: 'b' } },
          won: { target: { service: 'a' } },
          reason: 'a A.X has the same paths',
        },
      ]);
    }
  });

  it('takes two versions of a service for no conflict', () => {
    const both = entry(
      'shop',
      ['2.0.0', { 'Shop.Get': 'GET /goods/:id', 'Shop.All': 'GET /items' }],
      ['1.0.0', { 'Shop.Get': 'GET /items/:id', 'Shop.All': 'GET /items', 'Shop.Old': 'GET /old' }],
    );
    expect(buildRouteTable([both]).conflicts).toEqual([]);
    expect(found('GET', '/goods/7', both)).toBe('Shop.Get id=7');
    expect(found('GET', '/items/7', both)).toBe('Shop.Get@1.0.0 id=7');
    expect(found('GET', '/items', both)).toBe('Shop.All');
    expect(found('GET', '/old', both)).toBe('Shop.Old@1.0.0');
  });

  it.each([
    ['GET /a/:id/:id', 'has id twice'],
    ['GET /a/*rest/b', 'goes on after *'],
    ['GET /a//b', 'has a segment that says nothing: '],
    ['GET /a/b c', 'has a segment that says nothing: b c'],
    [`GET ${'/a'.repeat(40)}`, 'has more than 32 segments'],
  ])('tells of %s that it %s', (http, reason) => {
    const { conflicts } = buildRouteTable([entry('a', ['1', { 'A.X': http }])]);
    expect(conflicts).toMatchObject([{ won: undefined, reason }]);
  });
});
