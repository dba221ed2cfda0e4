import * as v from 'valibot';
import { defineCommand } from './command.ts';

export const listCommand = defineCommand({
  name: 'list',
  aliases: ['list services', 'services', 'ls', 'registry list', 'registry list services'],
  summary: 'List the services that are registered',
  examples: ['list'],
  permission: 'read',
  input: v.object({}),
  async run(_input, { micro }) {
    const names = [...(await micro.list())].sort();
    return {
      data: names,
      text: names.join('\n'),
      table: { columns: ['service'], rows: names.map((name) => [name]) },
    };
  },
});
