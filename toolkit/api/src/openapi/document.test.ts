import { openDirectory } from '@micro-ts/edge';
import fc from 'fast-check';
import { createApp, Handler, Service, Subscribe, topic } from 'micro-ts';
import { z } from 'zod';
import { at, checkedDocument, expectValid } from './checked.test.fixture.ts';
import type { Json } from './checked.test.fixture.ts';
import { directoryOf, endpoint } from './directory.test.fixture.ts';
import { openApiOf } from './index.ts';

const Address = z
  .object({ street: z.string(), zip: z.string().optional() })
  .meta({ id: 'Address' });
interface Tree {
  name: string;
  children: Tree[];
}
const Tree: z.ZodType<Tree> = z.lazy(() =>
  z.object({ name: z.string(), children: z.array(Tree) }).meta({ id: 'Tree' }),
);
const Person = z.object({
  id: z.string().describe('Who'),
  full: z.boolean().optional(),
  home: Address,
  work: Address.optional(),
  tree: Tree.optional(),
});
const Named = z.object({ name: z.string().min(1) });
const joined = topic<{ id: string }>('user.joined');

@Service('people', { version: '2.1.0' })
class People {
  @Handler({ request: Person, response: Person, http: 'GET /people/:id', idempotent: true })
  async get(person: z.infer<typeof Person>) {
    return person;
  }

  @Handler({ request: Person, response: Person, http: 'PUT /people/:id' })
  async put(person: z.infer<typeof Person>) {
    return person;
  }

  @Handler({ request: Named, response: Named })
  async greet(named: { name: string }) {
    return named;
  }

  @Handler({ request: Named, response: Named, http: 'GET /people/:name/steps' })
  async *steps(named: { name: string }) {
    yield named;
  }

  @Handler({ request: Named, response: Named, stream: 'bidi' })
  async *talk(names: AsyncIterable<{ name: string }>) {
    for await (const { name } of names) yield { name };
  }

  @Handler({ internal: true })
  async secret() {
    return {};
  }

  @Subscribe(joined, { queue: 'people', event: z.object({ id: z.string() }) })
  async welcome() {}
}

describe('the document of real services', () => {
  let document: Json;
  beforeAll(async () => {
    const app = await createApp(
      { registry: 'memory', transport: 'memory', broker: 'memory', log: 'silent' },
      [People],
    );
    const directory = await openDirectory(app);
    document = await checkedDocument(directory);
    await directory.close();
    await app.close();
  });

  it('has their routes, and the usual path for what has none', () => {
    const routes = Object.entries<Json>(document.paths).map(([path, item]) => [
      path,
      Object.keys(item),
    ]);
    expect(routes).toEqual([
      ['/people/greet', ['post']],
      ['/people/talk', ['get']],
      ['/people/{id}', ['get', 'put']],
      ['/people/{name}/steps', ['get']],
    ]);
    expect(document.tags).toEqual([
      { name: 'people', description: 'Version 2.1.0', 'x-versions': ['2.1.0'] },
    ]);
  });

  it('takes a GET apart into its path and its query', () => {
    const { parameters, requestBody } = document.paths['/people/{id}'].get;
    expect(requestBody).toBeUndefined();
    expect(parameters).toMatchObject([
      { name: 'id', in: 'path', required: true, description: 'Who', schema: { type: 'string' } },
      { name: 'full', in: 'query', schema: { type: 'boolean' } },
      { name: 'home.street', in: 'query', required: true },
      { name: 'home.zip', in: 'query' },
      { name: 'work.street', in: 'query' },
      { name: 'work.zip', in: 'query' },
      { name: 'tree.name', in: 'query' },
    ]);
    expect(parameters[1]).not.toHaveProperty('required');
  });

  it('takes the path out of a body', () => {
    const { parameters, requestBody } = document.paths['/people/{id}'].put;
    expect(parameters).toMatchObject([{ name: 'id', in: 'path' }]);
    const { schema } = requestBody.content['application/json'];
    expect(Object.keys(schema.properties)).toEqual(['full', 'home', 'work', 'tree']);
    expect(schema.required).toEqual(['home']);
  });

  it('moves schemas and their definitions to where references find them', () => {
    const { schema } = document.paths['/people/greet'].post.requestBody.content['application/json'];
    expect(schema).toEqual({ $ref: '#/components/schemas/people.People.Greet.Request' });
    expect(at(document, schema.$ref)).toMatchObject({ required: ['name'] });
    const { schemas } = document.components;
    const person = schemas['people.People.Get.Request'];
    expect(person.properties.home.$ref).toBe(
      '#/components/schemas/people.People.Get.Request.Address',
    );
    const tree = at(document, '#/components/schemas/people.People.Get.Request.Tree');
    const child = at(document, tree.properties.children.items.$ref);
    expect(child).toEqual({ $ref: '#/components/schemas/people.People.Get.Request.Tree' });
    expect(JSON.stringify(document)).not.toMatch(/\$defs|\$schema/);
  });

  it('tells streams, web sockets and topics', () => {
    const { content } = document.paths['/people/{name}/steps'].get.responses['200'];
    expect(Object.keys(content)).toEqual(['text/event-stream', 'application/x-ndjson']);
    const talk = document.paths['/people/talk'].get;
    expect(talk['x-websocket']).toMatchObject({
      request: { $ref: '#/components/schemas/people.People.Talk.Request' },
    });
    expect(talk.responses).toHaveProperty('101');
    expect(document['x-topics']['user.joined'].subscribers).toEqual([
      {
        ...{ service: 'people', endpoint: 'People.Welcome', queue: 'people' },
        event: { $ref: '#/components/schemas/people.People.Welcome.Event' },
      },
    ]);
    expect(document).not.toHaveProperty('webhooks');
  });

  it('has no internal endpoint', () => {
    expect(JSON.stringify(document)).not.toMatch(/secret|Debug/i);
  });

  it('says which errors to expect, and who has to say who they are', async () => {
    const { responses } = document.paths['/people/greet'].post;
    expect(Object.keys(responses)).toEqual(['200', '400', '404', '429', '500', '503', '504']);
    const secured = await checkedDocument(directoryOf({ a: [endpoint('A.Do')] }), {
      security: ['key', 'jwt'],
    });
    expect(secured.security).toEqual([{ key: [] }, { jwt: [] }]);
    expect(Object.keys(secured.paths['/a/do'].post.responses)).toContain('401');
  });
});

describe('what is in the document', () => {
  it('is the same, whatever order it came in', () => {
    const [a, b] = [endpoint('A.Two', { request: { type: 'object' } }), endpoint('A.One')];
    const text = (services: Record<string, Json>): string =>
      JSON.stringify(openApiOf(directoryOf(services)));
    expect(text({ x: [a, b], y: [a] })).toBe(text({ y: [a], x: [b, a] }));
  });

  it('has each path once, and no service is lost', async () => {
    const http = { http: 'GET /things/:id' };
    const request = { type: 'object', properties: { key: { type: 'integer' } } };
    const document = await checkedDocument(
      directoryOf({
        a: [
          endpoint('A.Get', { metadata: http }),
          endpoint('A.Remove', { metadata: { http: 'DELETE /things/:key' }, request }),
        ],
        b: [endpoint('B.Get', { metadata: http })],
        'b.c': [endpoint('B.Get')],
        'v1.b': [endpoint('B.Get')],
      }),
    );
    expect(Object.keys(document.paths)).toEqual([
      '/b.c/B.Get',
      '/b/get',
      '/things/{id}',
      '/v1.b/get',
    ]);
    // The path is named after the first; the type is that of the member it is.
    expect(document.paths['/things/{id}'].delete.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
    ]);
  });

  it.each(['GET greet', 'GET /a/:x/:x', 'GET /a/{', 'FETCH /a', 'GET /a?b', 'GET /a-:x', '', '/a'])(
    'keeps the usual path where the route is %j',
    async (http) => {
      const document = await checkedDocument(
        directoryOf({ a: [endpoint('A.Do', { metadata: { http } })] }),
      );
      expect(Object.keys(document.paths)).toEqual(['/a/do']);
    },
  );

  it('has nothing of services outside of the namespace, whatever paths they ask for', async () => {
    const asking = endpoint('A.Do', { metadata: { http: 'GET /do/:it' } });
    const directory = directoryOf({ 'shop.a': [asking], 'office.b': [asking], c: [asking] });
    const mounts = [{ path: '/shop', namespace: 'shop' }];
    const { paths } = await checkedDocument(directory, { mounts });
    expect(Object.keys(paths)).toEqual(['/shop/do/{it}']);
    expect(paths['/shop/do/{it}'].get.operationId).toContain('shop.a');
  });

  it('leaves out services without nodes, and endpoints without a usable name', async () => {
    const { services } = directoryOf({ a: [endpoint('A.Do')], b: [endpoint('nodots')] });
    const [a, b] = services();
    const gone = { services: () => [{ ...a!, nodes: [] }, b!] };
    expect((await checkedDocument(gone)).paths).toEqual({});
  });
});

describe('schemas of others', () => {
  const published = async (request: unknown): Promise<Json> => {
    const document = await checkedDocument(directoryOf({ a: [endpoint('A.Do', { request })] }));
    return document.components.schemas['a.A.Do.Request'];
  };

  it.each<[string, unknown, unknown]>([
    ['a text', 'x', {}],
    ['a list', [1], {}],
    ['null', null, {}],
    ['true', true, true],
    [
      'keywords of wrong types',
      { type: 7, required: 'x', properties: [], enum: [], minimum: '1' },
      {},
    ],
    ['an old tuple', { items: [{ type: 'string' }] }, { prefixItems: [{ type: 'string' }] }],
    ['references out of it', { $ref: 'http://evil.test/x', title: 'T' }, { title: 'T' }],
    [
      'references to nothing',
      { properties: { a: { $ref: '#/$defs/No' } } },
      { properties: { a: {} } },
    ],
    [
      'its own identity',
      { $id: 'http://x/', $schema: 'y', $anchor: 'z', type: 'object' },
      { type: 'object' },
    ],
    ['wrong escapes', { allOf: [{ $ref: '#/%zz' }] }, { allOf: [{}] }],
    [
      'references to itself',
      { properties: { next: { $ref: '#' } } },
      { properties: { next: { $ref: '#/components/schemas/a.A.Do.Request' } } },
    ],
    [
      'definitions of either name, that refer to each other',
      {
        $ref: '#/definitions/A%20b',
        definitions: { 'A b': { $ref: '#/$defs/c' } },
        $defs: { c: {} },
      },
      { $ref: '#/components/schemas/a.A.Do.Request.A_b' },
    ],
  ])('can hold %s', async (_what, given, expected) => {
    expect(await published(given)).toEqual(expected);
  });

  it('can be a circle, or very deep, or very wide', async () => {
    const circle: Record<string, unknown> = {};
    circle['properties'] = { a: circle, b: circle };
    let deep: object = {};
    for (let n = 0; n < 10_000; n++) deep = { not: deep };
    const wide = { enum: Array.from({ length: 100_000 }, (_, n) => n) };
    for (const given of [circle, deep, wide]) expect(await published(given)).toEqual({});
  });

  it('reach no prototype', async () => {
    const given = JSON.parse('{"properties":{"__proto__":{"type":"string"}},"__proto__":{"x":1}}');
    expect(await published(given)).toEqual({ properties: {} });
    expect(({} as Json).x).toBeUndefined();
  });

  it('and names, whatever they are, make a valid document', async () => {
    const keyword = fc.constantFrom(
      ...'type properties items required $ref enum allOf $defs definitions not const format'.split(
        ' ',
      ),
    );
    const schema = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue(),
        fc.constantFrom('object', '#', '#/$defs/a', '#/properties/a', ['a']),
        fc.dictionary(fc.oneof(keyword, fc.constant('a')), tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    const name = fc.oneof(fc.string(), fc.constantFrom('a', 'a.b', 'v1.a', '__proto__', 'a/b{c}'));
    const made = fc.record({
      name: fc.tuple(name, name).map((parts) => parts.join('.')),
      kind: fc.constantFrom('unary', 'server', 'client', 'bidi', 'event'),
      http: fc.oneof(fc.constantFrom('GET /x/:a', 'POST /x/{b}', 'PUT /y', 'GET /'), fc.string()),
      request: schema,
      response: schema,
    });
    const services = fc.array(fc.tuple(name, fc.array(made, { maxLength: 3 })), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(services, async (all) => {
        const named = all.map(([service, endpoints]) => [
          service,
          endpoints.map(({ name: own, http, ...more }) =>
            endpoint(own, { ...more, metadata: { http, topic: http } } as never),
          ),
        ]);
        const directory = directoryOf(Object.fromEntries(named) as never);
        await expectValid(JSON.parse(JSON.stringify(openApiOf(directory, { security: ['jwt'] }))));
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
