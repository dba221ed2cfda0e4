import { Handler, Service } from 'micro-ts';
import { z } from 'zod';
import { openWorld } from '../world.test.fixture.ts';
import type { World } from '../world.test.fixture.ts';
import { checkedDocument } from './checked.test.fixture.ts';
import type { Json } from './checked.test.fixture.ts';
import { directoryOf, endpoint } from './directory.test.fixture.ts';

const Address = z.object({ city: z.string(), floor: z.number().int().optional() }).meta({
  id: 'Address',
});
const Search = z.object({
  shop: z.string(),
  text: z.string(),
  tags: z.array(z.enum(['new', 'cheap'])),
  exact: z.boolean(),
  address: Address,
  other: Address.nullable(),
  area: z.object({ centre: z.object({ lat: z.number(), lon: z.number() }), km: z.number() }),
});

@Service('shops')
class Shops {
  @Handler({ request: Search, http: 'GET /shops/:shop' })
  async search(search: z.infer<typeof Search>): Promise<object> {
    return search;
  }
}

let world: World | undefined;
afterEach(() => world?.close());

it('a request made as the document says is read as it was meant', async () => {
  world = await openWorld({}, [Shops]);
  const document = (await (await fetch(`${world.url}/openapi.json`)).json()) as Json;
  const { parameters } = document.paths['/shops/{shop}'].get;
  const meant: Json = {};
  const query = new URLSearchParams();
  for (const { name, in: place, schema, ...more } of parameters) {
    // The names below say where a member is; nothing else says how it is written.
    expect(more).not.toHaveProperty('style');
    const value = exampleOf(schema);
    const path = (name as string).split('.');
    const last = path.pop() as string;
    path.reduce((at, part) => (at[part] ??= {}), meant)[last] = value;
    if (place === 'query') for (const each of [value].flat()) query.append(name, String(each));
  }
  const response = await fetch(`${world.url}/shops/${meant.shop}?${query}`);
  expect(await response.json()).toEqual(meant);
  expect(response.status).toBe(200);
  expect(Search.parse(meant)).toEqual(meant);
});

const exampleOf = ({ type, items, enum: allowed }: Json): unknown => {
  if (allowed !== undefined) return allowed[0];
  if (type === 'array') return [exampleOf(items), items.enum[1]];
  return { integer: 7, number: 1.5, boolean: true, string: 'x y&z' }[type as string];
};

describe('the query of a request', () => {
  const namesOf = async (request: unknown): Promise<readonly string[]> => {
    const a = endpoint('A.Do', { request, metadata: { http: 'GET /a' } });
    const { parameters = [] } = (await checkedDocument(directoryOf({ a: [a] }))).paths['/a'].get;
    return (parameters as Json[]).map(({ name, required }) => `${name}${required ? '!' : ''}`);
  };

  it('has each member by its name, and what is needed for certain', async () => {
    const inner = { properties: { b: {}, c: { type: 'string' } }, required: ['c'] };
    expect(
      await namesOf({
        properties: {
          may: inner,
          must: inner,
          either: { anyOf: [inner, { type: 'null' }] },
          x: {},
        },
        required: ['must', 'either'],
      }),
    ).toEqual(['x', 'may.b', 'may.c', 'must.b', 'must.c!', 'either.b', 'either.c']);
  });

  it('leaves out what it cannot say', async () => {
    const object = { type: 'object' };
    expect(
      await namesOf({
        properties: {
          ...{ map: object, lists: { items: { type: 'array' } }, objects: { items: object } },
          ...{ 'a.b': {}, constructor: {}, '': {}, good: {} },
        },
      }),
    ).toEqual(['good']);
  });

  it('ends where a request goes on inside of itself, is deep or wide', async () => {
    const person = { properties: { name: {}, boss: { $ref: '#/$defs/P' } } };
    expect(await namesOf({ $ref: '#/$defs/P', $defs: { P: person } })).toEqual(['name']);
    let deep: object = { type: 'string' };
    for (let n = 0; n < 20; n++) deep = { properties: { a: deep, b: {} } };
    expect((await namesOf(deep)).at(-1)).toBe('a.a.a.a.a.a.a.b');
    const wide = Array.from({ length: 500 }, (_, n) => [`m${n}`, {}]);
    expect(await namesOf({ properties: Object.fromEntries(wide) })).toHaveLength(200);
  });
});
