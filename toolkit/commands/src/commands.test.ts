import * as v from 'valibot';
import { defineCommand, permissions } from './command.ts';
import type { CommandContext, Micro } from './command.ts';
import { createCommands, inputSchemaOf } from './commands.ts';
import { membersOf } from './json-schema.ts';
import type { Output } from './output.ts';
import { serviceCommands } from './service-commands.ts';

const greet = defineCommand({
  name: 'greet',
  aliases: ['say hello'],
  summary: 'Greet',
  permission: 'run',
  input: v.object({
    name: v.pipe(v.string(), v.description('Whom')),
    loud: v.optional(v.boolean()),
  }),
  async run({ name }) {
    return { data: { name } };
  },
});

const context: CommandContext = {
  micro: {} as Micro, // greet asks for nothing
  permissions: ['run'],
  signal: new AbortController().signal,
};

async function answers(answer: AsyncIterable<Output>): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const { data } of answer) found.push(data);
  return found;
}

describe('a registry of commands', () => {
  const commands = createCommands([...serviceCommands, greet]);

  it.each([
    ['list services', 'list', []],
    ['get service greeter', 'get', ['greeter']],
    ['registry get service greeter', 'get', ['greeter']],
    ['query greeter hello', 'call', ['greeter', 'hello']],
    ['SAY hello Ann', 'greet', ['Ann']],
  ])('finds %s', (line, name, rest) => {
    const found = commands.find(line.split(' '));
    expect(found?.entry.name).toBe(name);
    expect(found?.rest).toEqual(rest);
  });

  it('finds nothing in other words, and says what was meant', () => {
    expect(commands.find(['constructor'])).toBeUndefined();
    expect(commands.find([])).toBeUndefined();
    expect(commands.nearest('subscibe')).toBe('subscribe');
    expect(commands.nearest('xylophone')).toBeUndefined();
  });

  it('refuses two commands of one name', () => {
    expect(() => createCommands([greet, greet])).toThrow('two commands are called greet');
  });

  it('runs what its schema accepts', async () => {
    expect(await answers(commands.run(greet, { name: 'Ann' }, context))).toEqual([{ name: 'Ann' }]);
    await expect(answers(commands.run(greet, {}, context))).rejects.toThrow('name is needed');
    await expect(answers(commands.run(greet, { name: 1 }, context))).rejects.toThrow(/^name: /);
  });

  it('runs nothing that is not permitted', async () => {
    const others = permissions.filter((each) => each !== 'run');
    const lesser = { ...context, permissions: others };
    await expect(answers(commands.run(greet, { name: 'Ann' }, lesser))).rejects.toMatchObject({
      code: 'permission_denied',
      message: 'you may not greet: that needs `run`',
    });
  });

  it('tells what a command takes as JSON Schema', async () => {
    const [name, loud] = membersOf(await inputSchemaOf(greet));
    expect(name).toMatchObject({ path: 'name', kind: 'text', required: true, description: 'Whom' });
    expect(loud).toMatchObject({ path: 'loud', kind: 'boolean', required: false });
  });

  it.each(serviceCommands.map((command) => [command.name, command] as const))(
    'describes every member of %s',
    async (_name, command) => {
      const members = membersOf(await inputSchemaOf(command));
      const plain = members.filter(({ path }) => path !== command.open?.member);
      expect(plain.filter(({ description }) => description === undefined)).toEqual([]);
      for (const path of command.positionals ?? [])
        expect(members.map((member) => member.path)).toContain(path);
    },
  );
});
