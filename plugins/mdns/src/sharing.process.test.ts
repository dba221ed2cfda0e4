import { execFileSync, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '@micro-ts/testing/servers';
import { until } from '@micro-ts/testing';
import { ask, describeOnLoopback, freePort, open, stranger } from './loopback.test.fixture.ts';
import type { Opened } from './loopback.test.fixture.ts';

/** What a member says when it has registered. */
interface Registered {
  readonly before: string;
  readonly ids: readonly string[];
}

const report = (line: string): void => void process.stdout.write(`    mdns: ${line}\n`);
const ms = (from: bigint, to = process.hrtime.bigint()): number => Number(to - from) / 1e6;
const figures = (all: readonly number[]): string => {
  const sorted = [...all].sort((a, b) => a - b);
  const [median = NaN, last = NaN] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `p50 ${median.toFixed(1)} ms, max ${last.toFixed(1)} ms, n ${sorted.length}`;
};

describeOnLoopback('several processes that share the port', () => {
  const root = mkdtempSync(join(tmpdir(), 'mdns-'));
  const children: ChildProcess[] = [];
  let script: string;
  let port: number;
  let app: Opened;

  beforeAll(async () => {
    script = bundle(join(__dirname, 'member.test.fixture.ts'), root);
    port = await freePort();
    app = open(port);
  }, 30_000);

  afterAll(async () => {
    await app.close();
    for (const child of children) child.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  });

  const start = async (
    service: string,
    count: number,
    ttl = 60_000,
  ): Promise<Registered & { child: ChildProcess; ended: Promise<unknown> }> => {
    const env = { ...process.env, MDNS_MEMBER: 'live' };
    const args = [String(port), service, String(count), String(ttl)];
    const child = fork(script, args, { env, execArgv: [] });
    children.push(child);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const registered = await new Promise<Registered>((resolve, reject) => {
      child.once('message', (word) => resolve(word as Registered));
      child.once('exit', (code) => reject(new Error(`a member ended with ${code}`)));
    });
    return { ...registered, child, ended };
  };

  it('all answer, each for its own; who is killed answers no more', async () => {
    const members = [await start('many', 5), await start('many', 5), await start('many', 5)];
    const ids = members.flatMap((member) => member.ids).sort();
    const found = async (): Promise<string[]> =>
      (await app.registry.lookup('many')).map(({ id }) => id).sort();
    await until(async () => (await found()).length === 15);
    expect(await found()).toEqual(ids);

    const member = await stranger(port, true);
    const loner = await stranger(port, false);
    await loner.send(ask('many.micro'));
    await until(() => loner.arrived.length === 15);
    const bytes = loner.arrived.reduce((sum, each) => sum + each.bytes, 0);
    const answers = member.arrived.filter(({ packet }) => packet.type === 'response').length;
    report(
      `a lookup of 15 nodes: 1 question, 15 answers (${bytes} bytes) to the asker, ${answers} to all`,
    );
    await Promise.all([member.close(), loner.close()]);

    const [dead] = members;
    dead?.child.kill('SIGKILL');
    await dead?.ended;
    await until(async () => (await found()).length === 10);
    for (const { child } of members.slice(1)) child.send('leave');
    await until(async () => (await app.registry.list()).length === 0);
  }, 60_000);

  it('what one registers the watch of another sees at once, and its leave too', async () => {
    const seen: number[] = [];
    const left: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const service = `seen${round}`;
      let told = 0n;
      let count = 0;
      const watch = await app.registry.watch((services) => {
        told = process.hrtime.bigint();
        count = services.get(service)?.length ?? 0;
      }, service);
      const member = await start(service, 1);
      await until(() => count === 1);
      seen.push(ms(BigInt(member.before), told));
      const asked = process.hrtime.bigint();
      member.child.send('leave');
      await until(() => count === 0);
      left.push(ms(asked, told));
      await watch.close();
    }
    report(`visible in another process: ${figures(seen)}`);
    report(`leave known in another process: ${figures(left)}`);
  }, 60_000);

  it('one that is killed or stopped falls out of a watch when its time runs out', async () => {
    const members = [
      await start('mortal', 1, 2_000),
      await start('mortal', 1, 2_000),
      await start('mortal', 1, 2_000),
    ];
    let ids: readonly string[] = [];
    const watch = await app.registry.watch((services) => {
      ids = (services.get('mortal') ?? []).map(({ id }) => id);
    }, 'mortal');
    await until(() => ids.length === 3);
    const killed = process.hrtime.bigint();
    members[0]?.child.kill('SIGKILL');
    members[1]?.child.kill('SIGSTOP');
    await until(() => ids.length === 1);
    report(`killed or stopped, with a ttl of 2 s: gone after ${ms(killed).toFixed(0)} ms`);
    expect(ids).toEqual(members[2]?.ids);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(ids).toEqual(members[2]?.ids);
    members[1]?.child.kill('SIGCONT');
    await until(() => ids.length === 2);
    await watch.close();
  }, 60_000);

  it('a process that only looked and watched ends by itself', () => {
    const program = `
      const registry = (await import(process.argv[1])).open(${port}).registry;
      await registry.watch(() => undefined);
      console.log((await registry.lookup('nobody')).length);`;
    const args = ['--input-type=module', '-e', program, script];
    const printed = execFileSync(process.execPath, args, { timeout: 20_000 });
    expect(String(printed)).toBe('0\n');
  }, 30_000);
});
