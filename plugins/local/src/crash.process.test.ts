import type { Registry, Services } from '@micro-ts/interface';
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@micro-ts/testing';
import { open } from './member.test.fixture.ts';
import type { Took } from './member.test.fixture.ts';
import { createStage, figures } from './processes.test.fixture.ts';

/** Printed, since it is the figures that tell whether it got worse. */
const report = (line: string): void => void process.stdout.write(`    local: ${line}\n`);

const now = (): number => Number(process.hrtime.bigint()) / 1e6;

describe('many processes', () => {
  const stage = createStage();
  const { registry, close } = open(stage.folder);
  afterAll(async () => {
    await close();
    await stage.clear();
  });

  /** The ids that a watch of this process knows, and when it was last told. */
  async function follow(service: string, through: Registry = registry) {
    const known = { ids: new Set<string>(), at: 0 };
    const watch = await through.watch?.((services: Services) => {
      known.ids = new Set((services.get(service) ?? []).map(({ id }) => id));
      known.at = now();
    }, service);
    return { known, close: () => watch?.close() };
  }

  it('a crash is noticed in milliseconds, and what it left is removed', async () => {
    const { known, close } = await follow('crash');
    const took: number[] = [];
    for (let round = 0; round < 15; round += 1) {
      const member = stage.start();
      await member.order({ do: 'register', service: 'crash', nodes: 2 });
      await until(() => known.ids.size === 2);
      const killed = now();
      await member.kill();
      await until(() => known.ids.size === 0);
      took.push(known.at - killed);
    }
    report(`kill -9 noticed: ${figures(took)} (bar: 50 ms)`);
    expect(Math.max(...took)).toBeLessThan(1_000);
    await until(() => readdirSync(stage.folder).length === 0);
    await close();
  }, 60_000);

  it('a node is visible to a watch in another process in milliseconds', async () => {
    const watcher = stage.start();
    await watcher.order({ do: 'watch', service: 'seen' });
    const member = stage.start();
    const took: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      const order = { do: 'register', service: 'seen', nodes: 1, port: 2_000 + round } as const;
      const { before } = (await member.order(order)) as Took;
      const mine = `seen-${member.process.pid}-0 127.0.0.1:${order.port}`;
      const told = () => watcher.told.find(({ nodes }) => nodes.includes(mine));
      await until(() => told() !== undefined);
      took.push(Number((told()?.at ?? 0n) - BigInt(before)) / 1e6);
    }
    const [first = NaN, ...more] = took;
    report(`visible in another process: first ${first.toFixed(1)} ms, then ${figures(more)}`);
    await Promise.all([watcher.kill(), member.kill()]);
  }, 60_000);

  it('200 nodes of 20 processes are all seen by each of them, and all gone when killed', async () => {
    const { known, close } = await follow('many');
    const members = Array.from({ length: 20 }, () => stage.start());
    await Promise.all(members.map((member) => member.order({ do: 'watch', service: 'many' })));
    const registered = members.map((member) =>
      member.order({ do: 'register', service: 'many', nodes: 10 }),
    );
    const took = (await Promise.all(registered)) as readonly Took[];
    const last = Math.max(...took.map(({ after }) => Number(after) / 1e6));
    await until(() => members.every(({ told }) => told.at(-1)?.nodes.length === 200));
    const seen = members.map(({ told }) => Number(told.at(-1)?.at ?? 0n) / 1e6 - last);
    report(`200 nodes of 20 processes visible to all: ${figures(seen)} after the last register`);
    expect(await registry.lookup('many')).toHaveLength(200);
    await until(() => known.ids.size === 200);
    const before = await members[0]?.order({ do: 'cpu' });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const after = await members[0]?.order({ do: 'cpu' });
    const spent = (usage: unknown): number => {
      const { user, system } = usage as NodeJS.CpuUsage;
      return (user + system) / 1e3;
    };
    report(`an idle watcher of 200 nodes: ${((spent(after) - spent(before)) / 3).toFixed(2)} ms/s`);
    const killed = now();
    for (const member of members) member.process.kill('SIGKILL');
    await until(() => known.ids.size === 0);
    report(
      `20 processes killed at once, 200 nodes gone after ${(known.at - killed).toFixed(1)} ms`,
    );
    await until(() => readdirSync(stage.folder).length === 0);
    await close();
  }, 60_000);

  it('processes that write at once lose nothing and leave nothing behind', async () => {
    const members = Array.from({ length: 6 }, () => stage.start());
    let busy = true;
    const looking = (async () => {
      while (busy) await registry.lookup('churn');
    })();
    const order = { do: 'churn', service: 'churn', rounds: 40 } as const;
    await Promise.all(members.map((member) => member.order(order)));
    busy = false;
    await looking;
    const pids = members.flatMap(({ process: { pid } }) =>
      [0, 1, 2].map((i) => `churn-${pid}-${i}`),
    );
    const nodes = await registry.lookup('churn');
    expect(nodes.map(({ id }) => id).sort()).toEqual(pids.sort());
    expect(new Set(nodes.map(({ address }) => address.split(':')[1])).size).toBe(3);
    await Promise.all(
      members.map((member) => member.order({ do: 'close' }).catch(() => undefined)),
    );
    await until(() => readdirSync(stage.folder).length === 0);
  }, 60_000);

  it('a process that is stopped stays registered, and is gone when it is killed', async () => {
    const member = stage.start();
    await member.order({ do: 'register', service: 'frozen', nodes: 1 });
    await member.kill('SIGSTOP');
    const { known, close } = await follow('frozen');
    expect(known.ids.size).toBe(1);
    // Other processes come, that never heard of it while it ran.
    const other = open(stage.folder);
    expect(await other.registry.lookup('frozen')).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await other.registry.lookup('frozen')).toHaveLength(1);
    await member.kill();
    await until(() => known.ids.size === 0);
    expect(await other.registry.lookup('frozen')).toEqual([]);
    await other.close();
    await close();
  }, 60_000);

  it('a zombie is dead', async () => {
    const args = ['"$0" "$1" "$2" zombie & echo $!; exec sleep 60'];
    const env = { ...process.env, LOCAL_MEMBER: 'stay' };
    const shell = spawn('sh', ['-c', ...args, process.execPath, stage.script, stage.folder], {
      env,
    });
    let text = '';
    shell.stdout.on('data', (chunk) => (text += String(chunk)));
    try {
      await until(() => text.includes('registered'));
      const { known, close } = await follow('zombie');
      expect(known.ids.size).toBe(1);
      const pid = Number(/\d+/.exec(text)?.[0]);
      process.kill(pid, 'SIGKILL');
      await until(() => known.ids.size === 0);
      expect(process.kill(pid, 0)).toBe(true); // It is there still: its parent never asks for it.
      await close();
    } finally {
      shell.kill('SIGKILL');
    }
  }, 60_000);

  it('who comes first after a crash finds nothing, and removes what was left', async () => {
    const member = stage.start();
    await member.order({ do: 'register', service: 'left', nodes: 3 });
    // Nobody else is there: this process stops looking before the crash.
    await close();
    await member.kill();
    expect(readdirSync(stage.folder).length).toBe(4);
    const { registry: fresh, close: closeFresh } = open(stage.folder);
    expect(await fresh.list()).toEqual([]);
    await until(() => readdirSync(stage.folder).length === 0);
    await closeFresh();
  }, 60_000);

  it('a process that only looked, registered and watched ends by itself', () => {
    const env = { ...process.env, LOCAL_MEMBER: 'forget' };
    const args = [stage.script, stage.folder, 'forgetful'];
    const printed = execFileSync(process.execPath, args, { env, timeout: 20_000 });
    expect(String(printed)).toBe('1 found\n');
    rmSync(join(stage.folder), { recursive: true, force: true });
  }, 30_000);
});
