import { permissions, serviceCommands } from '@micro-ts/commands';
import type { Micro, Permission } from '@micro-ts/commands';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { commands } from './entries.ts';
import { perform } from './perform.ts';
import type { Session } from './session.ts';
import { createInterruption } from './signals.ts';

/** A line as somebody gives it who may do only some things. */
async function give(line: string, allowed: readonly Permission[]) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const micro = { list: async () => ['greeter'], lookup: async () => [] } as unknown as Micro;
  const session = {
    ...{ out, err, in: new PassThrough(), interruption: createInterruption() },
    ...{ pipe: undefined, permissions: allowed, shell: { micro, format: 'json' } },
  } as unknown as Session;
  const code = await perform(line.split(' '), commands, session);
  return { code, out: await text(out.end()), err: await text(err.end()) };
}

describe('a line', () => {
  it('is done for whoever may, and nobody else', async () => {
    expect(await give('list', ['read'])).toEqual({ code: 0, out: '["greeter"]\n', err: '' });
    const { code, out, err } = await give('list', ['call', 'write', 'run']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(JSON.parse(err)).toEqual({
      error: { code: 'permission_denied', message: 'you may not list: that needs `read`' },
    });
  });

  it('that names a service alone says what is missing, where it lists no endpoints', async () => {
    const { code, err } = await give('greeter', ['call']);
    expect(code).toBe(2);
    expect(err).toContain('greeter what? It lists no endpoints: write the full name, such as ');
  });

  it.each([
    ['publish greeted {}', 'call'],
    ['deregister {"name":"a","nodes":[{"id":"a-1","address":"127.0.0.1:1"}]}', 'write'],
    ['run', 'run'],
    ['new greeter', 'run'],
    ['completion bash', 'run'],
    ['shell', 'run'],
  ] as const)('%s needs the permission %s', async (line, permission) => {
    const others = permissions.filter((each) => each !== permission);
    const { code, err } = await give(line, others);
    expect(code).toBe(1);
    expect(err).toContain(`that needs \`${permission}\``);
  });
});

it('keeps what needs this machine from those who offer the rest', () => {
  const local = commands.all.filter(({ permission }) => permission === 'run');
  expect(local.map(({ name }) => name).sort()).toEqual(
    ['api', 'completion', 'new', 'run', 'shell', 'sidecar'].sort(),
  );
  expect(serviceCommands.filter(({ permission }) => permission === 'run')).toEqual([]);
});
