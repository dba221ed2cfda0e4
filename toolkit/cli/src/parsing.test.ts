import { callCommand } from '@micro-ts/commands';
import type { Command, JsonSchema, Micro } from '@micro-ts/commands';
import * as v from 'valibot';
import { appOptions, variableOf } from './apps/app-options.ts';
import { commandLineOf, inputOf, plainInputOf, readLine } from './command-line.ts';
import { splitOpenMembers } from './open-members.ts';
import { addSystemOptions } from './global-options.ts';
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

describe('a request among flags', () => {
  /** What becomes of a line of a command whose request has a schema, or none. */
  async function read(line: string, schema?: JsonSchema) {
    const notes: string[] = [];
    const command: Command = {
      ...callCommand,
      open: { member: 'fields', schema: async () => schema },
    };
    const own = await commandLineOf(command);
    readLine(own.line, line.split(' '));
    const micro = undefined as unknown as Micro; // nothing is asked of it
    const { signal } = new AbortController();
    const note = (each: string): void => void notes.push(each);
    const context = { micro, signal, note, permissions: ['call'] } as const;
    const { fields } = await inputOf(command, own, own.line.args, context);
    return { fields: { ...(fields as object) }, notes };
  }
  const closed = { type: 'object', properties: { name: { type: 'string' } } };
  const open = { ...closed, additionalProperties: true };

  it.each([
    ['greeter hello --name Ann --timout 2s', "unknown option '--timout'. Did you mean --timeout?"],
    ['greeter hello --metdata a=b', "unknown option '--metdata'. Did you mean --metadata?"],
    ['greeter hello -n Ann', "unknown option '-n'. Members have two dashes: --name"],
    ['greeter hello -x', "unknown option '-x'"],
  ])('%s names the option that was meant', async (line, message) => {
    await expect(read(line, closed)).rejects.toThrow(message);
  });

  it('is left alone where it is right, or nearly right', async () => {
    const nearly = await read('greeter hello --nam Ann', closed); // the command says what is meant
    expect(nearly).toEqual({ fields: { nam: ['Ann'] }, notes: [] });
    const right = await read('greeter hello --name Ann --timeout 2s', closed);
    expect(right).toEqual({ fields: { name: ['Ann'] }, notes: [] });
  });

  it.each([undefined, open])('may have any member, and the person is told: %j', async (schema) => {
    expect(await read('greeter hello --metdata a=b --n 1', schema)).toEqual({
      fields: { metdata: ['a=b'], n: ['1'] },
      notes: ['--metdata is no option, so it is sent as a member. Did you mean --metadata?'],
    });
  });
});

describe('flags', () => {
  const input = v.object({
    serverName: v.optional(v.string()),
    env_file: v.optional(v.string()),
    allowedHosts: v.optional(v.array(v.string())),
    watchFiles: v.optional(v.pipe(v.boolean(), v.description('Look at files')), true),
    healthcheck: v.optional(v.object({ maxWait: v.optional(v.string()) })),
  });
  const read = async (...args: readonly string[]) => {
    const own = await commandLineOf({ name: 'demo', summary: 'Shows', input });
    addSystemOptions(own.line, false).parse([...args], { from: 'user' });
    return { input: plainInputOf(own, own.line.args), help: own.line.helpInformation() };
  };

  it.each([
    [['--server-name', 'x'], { serverName: 'x' }],
    [['--server_name', 'x'], { serverName: 'x' }],
    [['--server_name', 'x', '--server-name=y'], { serverName: 'y' }],
    [['--env-file=a'], { env_file: 'a' }],
    [['--env_file=a'], { env_file: 'a' }],
    [['--allowed-hosts', 'a', '--allowed_hosts', 'b'], { allowedHosts: ['a', 'b'] }],
    [['--no-watch-files'], { watchFiles: false }],
    [['--no-watch_files'], { watchFiles: false }],
    [['--healthcheck.max-wait=1s'], { 'healthcheck.maxWait': '1s' }],
    [['--healthcheck.max_wait=1s'], { 'healthcheck.maxWait': '1s' }],
  ])("%j are read, by go-micro's names too", async (args, wanted) => {
    expect((await read(...args)).input).toEqual({ watchFiles: true, ...wanted });
  });

  it('are listed once', async () => {
    const { help } = await read();
    expect(help).toMatch(/--server-name <value>[^]*--no-watch-files +Turn off: look at files\n/);
    expect(help).not.toContain('_');
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

  it('that are made of others come from JSON too, and what is said of one of them counts', async () => {
    const demo = {
      ...app,
      options: v.object({
        access: v.optional(
          v.object({
            hosts: v.optional(v.array(v.string())),
            key: v.optional(v.object({ name: v.optional(v.string()) })),
          }),
        ),
      }),
    };
    const env = {
      MICRO_DEMO_ACCESS: '{"hosts":["a"],"key":{"name":"x"}}',
      MICRO_DEMO_ACCESS_HOSTS: 'b,c',
    };
    expect(await appOptions(demo, {}, env)).toEqual({
      access: { hosts: ['b', 'c'], key: { name: 'x' } },
    });
    const inner = await appOptions(demo, {}, { MICRO_DEMO_ACCESS_KEY: '{"name":"y"}' });
    expect(inner).toEqual({ access: { key: { name: 'y' } } });
    for (const text of ['{"key":"secret"', '["secret"]', 'secret']) {
      const failing = appOptions(demo, {}, { MICRO_DEMO_ACCESS: text });
      const message =
        'MICRO_DEMO_ACCESS should be a JSON object; or set its members, each in MICRO_DEMO_ACCESS_…';
      await expect(failing).rejects.toThrow(new RegExp(`^${message}$`));
    }
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
