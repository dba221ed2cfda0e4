import * as v from 'valibot';
import { appOptions, variableOf } from './apps/app-options.ts';
import { splitOpenMembers } from './open-members.ts';
import { render } from './show.ts';
import { splitWords } from './shell/split-words.ts';

describe('members among words', () => {
  const schema = {
    type: 'object',
    properties: { loud: { type: 'boolean' }, n: { type: 'integer' } },
  };

  it('are told apart', () => {
    expect(
      splitOpenMembers(['greeter', '--name', 'Ann', 'hello', '--a.b=--x', '--n', '-5']),
    ).toEqual({
      words: ['greeter', 'hello'],
      fields: { name: ['Ann'], 'a.b': ['--x'], n: ['-5'] },
    });
  });

  it('that are true or false take no word', () => {
    const args = ['--loud', 'word', '--loud', 'false', '--n', '1', '--n', '2', '--loud'];
    expect(splitOpenMembers(args, schema)).toEqual({
      words: ['word'],
      fields: { loud: ['true', 'false', 'true'], n: ['1', '2'] },
    });
  });

  it('reach no prototype', () => {
    const { fields } = splitOpenMembers(['--__proto__', 'x']);
    expect(Object.keys(fields)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['0']).toBeUndefined();
  });
});

describe('a line of the shell', () => {
  it.each([
    [
      `call greeter hello {"name": "A \\"B\\" }"} --x`,
      ['call', 'greeter', 'hello', '{"name": "A \\"B\\" }"}', '--x'],
    ],
    [`publish t [1, {"a": 2}]`, ['publish', 't', '[1, {"a": 2}]']],
    [`a 'b c' "d \\"e" f\\ g h'i'`, ['a', 'b c', 'd "e', 'f g', 'hi']],
    ['  ', []],
  ])('%s', (line, words) => expect(splitWords(line)).toEqual(words));

  it.each([`'a`, `"a`, '{"a": 1', '{"a'])('%s is not closed', (line) =>
    expect(() => splitWords(line)).toThrow('is not closed'),
  );
});

describe('options of an app', () => {
  const app = {
    name: 'demo',
    options: v.strictObject({
      address: v.optional(v.string(), ':1'),
      mostSockets: v.optional(v.number(), 5),
      open: v.optional(v.boolean(), true),
      hosts: v.optional(v.array(v.string()), []),
      access: v.optional(v.object({ key: v.optional(v.string()) })),
    }),
  };

  it('come from flags over variables', async () => {
    const env = {
      MICRO_DEMO_ADDRESS: ':2',
      MICRO_DEMO_MOST_SOCKETS: '7',
      MICRO_DEMO_HOSTS: 'a, b',
      MICRO_DEMO_OPEN: 'false',
      MICRO_DEMO_ACCESS_KEY: '007',
    };
    expect(await appOptions(app, { address: ':3', hosts: ['c'] }, env)).toEqual({
      address: ':3',
      mostSockets: 7,
      hosts: ['c'],
      open: false,
      access: { key: '007' },
    });
  });

  it('that cannot be read name their place', async () => {
    const failing = appOptions(app, {}, { MICRO_DEMO_MOST_SOCKETS: 'many' });
    await expect(failing).rejects.toThrow(
      'MICRO_DEMO_MOST_SOCKETS is "many", and should be a number',
    );
    expect(variableOf('api', 'trustedProxies')).toBe('MICRO_API_TRUSTED_PROXIES');
  });
});

describe('an answer', () => {
  const json = '{"id":12345678901234567890,"text":"x","list":[1.10]}';
  const output = { data: JSON.parse(json) as unknown, json };

  it.each([
    ['json', /^\{"id":12345678901234567890,"text":"x","list":\[1\.10\]\}$/],
    ['text', /^\{\n\t"id": 12345678901234567890,\n/],
    ['table', /│ id +│ 12345678901234567890 │\n[^]*│ text +│ x +│\n[^]*│ \[1\.10\] +│/],
    ['yaml', /^---\nid: 12345678901234567890\ntext: x\nlist:\n {2}- 1\.1/],
  ] as const)('keeps its digits as %s', async (format, shape) => {
    expect(await render(output, format)).toMatch(shape);
  });

  it.each([
    [[], /^┌/],
    [[{ a: 1 }, { b: 'x' }], /│ a │ b │/],
    [null, /│ null +│/],
  ])('is a table, whatever it is: %j', async (data, shape) => {
    expect(await render({ data }, 'table')).toMatch(shape);
  });
});
