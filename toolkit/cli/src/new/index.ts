import { defineCommand } from '@micro-ts/commands';
import * as v from 'valibot';
import { importPackage } from '../import-package.ts';

const text = (description: string) => v.optional(v.pipe(v.string(), v.description(description)));
const flag = (description: string, initial = false) =>
  v.optional(v.pipe(v.boolean(), v.description(description)), initial);

const input = v.object(
  {
    name: v.pipe(v.string(), v.nonEmpty(), v.description('Name of the service: greeter')),
    directory: text('Folder of the service. Default: its name'),
    registry: text('Registry of micro.config.ts: local, etcd, consul, …'),
    broker: text('Broker of micro.config.ts'),
    transport: text('Transport of micro.config.ts'),
    topic: text('A topic that it publishes on and subscribes to'),
    http: flag('Give the gateway a route to it'),
    test: flag('Write a test', true),
    install: flag('Run npm install in it'),
    force: flag('Overwrite files that were edited'),
    dryRun: flag('Show what would be written, and write nothing'),
  },
  'specify service name',
);

type CreateService = (
  options: v.InferOutput<typeof input>,
) => Promise<{ readonly lines: readonly string[] }>;

/** `micro new`: makes a service, as the generators of nx make it. */
export const newCommand = defineCommand({
  name: 'new',
  summary: 'Make a service: class, DTO, test and configuration',
  examples: ['new greeter', 'new shop --registry etcd --http --install'],
  permission: 'run',
  input,
  positionals: ['name'],
  async run(options) {
    const { createService } = await importPackage('@micro-ts/nx');
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const wanted = Object.fromEntries(given) as typeof options;
    const { lines } = await (createService as CreateService)(wanted);
    return { data: lines, text: lines.join('\n') };
  },
});
