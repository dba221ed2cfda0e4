import { metadata } from '@micro-ts/interface';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { decodeServiceTags, encodeServiceTags, isTagged } from './index.ts';

const file = join(__dirname, 'golden', 'consul-agent-services.json');
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<
  string,
  { readonly Service: string; readonly Tags: readonly string[] }
>;
const tagsOf = (service: string): readonly string[] =>
  Object.values(recorded).find((each) => each.Service === service)?.Tags ?? [];
const hex = (text: string): string => deflateSync(text).toString('hex');
/** Two libraries compress one text differently. */
const unpacked = (tags: readonly string[]): readonly (readonly [string, string])[] =>
  tags.map((tag) => [tag.slice(0, 2), inflateSync(Buffer.from(tag.slice(2), 'hex')).toString()]);

const greeter = {
  version: '1.0.0',
  metadata: metadata({
    broker: 'http',
    protocol: 'mucp',
    registry: 'consul',
    server: 'mucp',
    transport: 'http',
    zone: 'a',
  }),
};

describe("go-micro's tags of a service", () => {
  it('are read: metadata, endpoints, version', () => {
    const { endpoints, ...own } = decodeServiceTags(tagsOf('greeter'));
    expect(own).toEqual(greeter);
    expect(endpoints.map(({ name, kind }) => [name, kind])).toEqual([
      ['Greeter.Hello', 'unary'],
      ['Func', 'event'],
    ]);
    expect(endpoints[0]?.request).toMatchObject({ properties: { name: { type: 'string' } } });
    expect(decodeServiceTags(tagsOf('micro.http.broker'))).toMatchObject({
      version: 'q1',
      metadata: { topic: 'events' },
    });
  });

  it('are written with the same texts, but for the order of metadata', () => {
    const theirs = unpacked(tagsOf('greeter'));
    const ours = unpacked(encodeServiceTags(decodeServiceTags(tagsOf('greeter'))));
    const kind = (name: string, of: typeof ours) => of.filter(([each]) => each === name);
    expect(ours.map(([each]) => each)).toEqual(theirs.map(([each]) => each));
    expect(kind('t-', ours)).toEqual([...kind('t-', theirs)].sort());
    expect(kind('v-', ours)).toEqual(kind('v-', theirs));
    const json = (of: typeof ours): unknown[] => kind('e-', of).map(([, text]) => JSON.parse(text));
    expect(json(ours)).toEqual(json(theirs));
  });

  it('come back as they went, whatever the metadata', () => {
    const node = {
      version: '',
      metadata: metadata([['__proto__', 'x']], { é: '"ü"', empty: '' }),
      endpoints: [{ name: 'A.B', kind: 'server' as const, metadata: metadata({ a: 'b' }) }],
    };
    const found = decodeServiceTags(encodeServiceTags(node));
    expect(found).toEqual(node);
    expect(Object.getPrototypeOf(found.metadata)).toBeNull();
  });

  it('may be plain, and twice in both forms', () => {
    const plain = ['t={"a":"b"}', 'e={"name":"A.B"}', 'v=1'];
    const both = [...plain, `t-${hex('{"a":"c"}')}`, `e-${hex('{"name":"A.B"}')}`, `v-${hex('2')}`];
    for (const tags of [plain, both]) {
      expect(decodeServiceTags(tags)).toMatchObject({
        version: '1',
        metadata: { a: 'b' },
        endpoints: [{ name: 'A.B' }],
      });
    }
    expect(decodeServiceTags(both).endpoints).toHaveLength(1);
  });

  it('are told from those of others by the version', () => {
    expect(Object.values(recorded).map(({ Tags }) => isTagged(Tags))).toEqual([true, true]);
    for (const tags of [[], ['primary'], ['v1'], ['v-1.2'], ['t-shirt'], ['e-', 'v-']]) {
      expect(isTagged(tags)).toBe(false);
    }
    expect(decodeServiceTags([`v-${hex('1')}`, 'r-1', 'x', ''])).toMatchObject({ version: '1' });
  });

  it.each([
    ['no hexadecimal', 't-secret'],
    ['an odd half', 't-789'],
    ['no zlib', 't-00112233'],
    ['half of it', `t-${hex('{"a":"b"}').slice(0, 12)}`],
    ['no JSON', `t-${hex('secret')}`],
    ['no object', `t-${hex('["secret"]')}`],
    ['no endpoint', `e-${hex('"secret"')}`],
    ['depth', `e-${hex('['.repeat(100_000))}`],
    ['a bomb', `t-${deflateSync(Buffer.alloc(64 * 1024 * 1024)).toString('hex')}`],
  ])('cannot be read if there is %s, which is quoted nowhere', (_name, tag) => {
    expect(() => decodeServiceTags([`v-${hex('1')}`, tag])).toThrow(
      expect.objectContaining({ code: 'data_loss', message: expect.not.stringMatching(/secret/) }),
    );
  });

  it('inflate to 4 MiB together, and no further', () => {
    const [tag] = encodeServiceTags({
      version: '',
      metadata: metadata({ a: 'x'.repeat(1024 * 1024) }),
      endpoints: [],
    });
    const times = (n: number) => Array.from({ length: n }, () => tag ?? '');
    expect(() => decodeServiceTags(times(3))).not.toThrow();
    expect(() => decodeServiceTags(times(5))).toThrow(/tags of a node/);
  });
});
