import { ConfigError, defaultLimits, MicroError } from '@micro-ts/interface';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@micro-ts/testing';
import { claimFolder } from './folder.ts';
import local from './index.ts';
import { nodesOf, open } from './member.test.fixture.ts';
import { createStage } from './processes.test.fixture.ts';

const root = process.getuid?.() === 0;

describe('the folder', () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'local-'));
    folder = join(parent, 'nodes');
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  const refusal = async (): Promise<ConfigError> => {
    const { registry, close } = open(folder);
    const error: unknown = await registry.list().catch((reason: unknown) => reason);
    await close();
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  };

  it('is made, for this user alone', async () => {
    const { registry, close } = open(folder);
    expect(await registry.list()).toEqual([]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await close();
  });

  it('is `micro-<uid>` in the temporary folder, unless told otherwise', () => {
    const { path } = { path: join(tmpdir(), `micro-${process.getuid?.()}`) };
    const given = local.options?.['~standard'].validate({});
    expect(given).toEqual(expect.objectContaining({ value: { folder: path } }));
  });

  it('is made with all that is missing above it', async () => {
    folder = join(parent, 'a/b/nodes');
    const claims = await Promise.all([claimFolder(folder), claimFolder(folder)]);
    expect(claims.map(({ path }) => path)).toEqual([folder, folder]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  (existsSync('/proc/self') ? it : it.skip)('is refused where nothing can be made', async () => {
    folder = '/proc/nope/nodes';
    const { message } = await refusal();
    expect(message).toContain('/proc/nope/nodes cannot be made (ENOENT)');
  });

  it('is refused where others can enter it', async () => {
    mkdirSync(folder, { mode: 0o755 });
    chmodSync(folder, 0o755);
    const error = await refusal();
    expect(error.key).toBe('local.folder');
    expect(error.message).toContain('is open to others (mode 0755)');
    expect(error.message).toContain(`chmod 700 ${folder}`);
    chmodSync(folder, 0o700);
    await claimFolder(folder);
  });

  it('is refused where it is a link, as somebody may have laid in a folder of all', async () => {
    mkdirSync(join(parent, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(parent, 'elsewhere'), folder);
    expect((await refusal()).message).toContain('is not a folder');
  });

  it('is refused where it is a file', async () => {
    writeFileSync(folder, '');
    expect((await refusal()).message).toContain('is not a folder');
  });

  it('is refused where its path is too long for sockets, before anything is opened', () => {
    const long = `/tmp/${'x'.repeat(76)}`;
    expect(() => local({ folder: long })).toThrow(ConfigError);
    expect(() => local({ folder: long })).toThrow(/^local\.folder: is longer than 80 bytes/);
    expect(() => local({ folder: `/tmp/${'ü'.repeat(38)}` })).toThrow(/longer than 80 bytes/);
    expect(() => local({ folder: long.slice(0, 80) })).not.toThrow();
    expect(() => local({ folder: 'nodes' })).toThrow(/must be an absolute path/);
  });

  it('takes sockets at the longest path that is allowed', async () => {
    folder = join(parent, 'x'.repeat(80 - parent.length - 1));
    const { registry, close } = open(folder);
    const [node] = nodesOf('long', 1);
    if (node !== undefined) await registry.register(node, 1_000);
    expect(await registry.lookup('long')).toHaveLength(1);
    await close();
    expect(readdirSync(folder)).toEqual([]);
  });

  (root ? it : it.skip)('is refused where it belongs to somebody else', async () => {
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, 65_534, 65_534);
    expect((await refusal()).message).toContain('belongs to the user 65534');
  });

  it('is refused, with the fix, where it cannot hold sockets', () => {
    const stage = createStage();
    mkdirSync(folder, { mode: 0o500 });
    // No mode keeps root out, so root becomes somebody else.
    if (root) chownSync(folder, 65_534, 65_534);
    chmodSync(parent, 0o755);
    const env = { ...process.env, LOCAL_MEMBER: 'forget', ...(root && { LOCAL_USER: '65534' }) };
    const args = [stage.script, folder, 'x'];
    const { stderr, status } = spawnSync(process.execPath, args, { env });
    expect(status).toBe(1);
    expect(String(stderr)).toContain(`local.folder: ${folder} cannot hold sockets (EACCES)`);
    expect(String(stderr)).toContain('Set the option `folder`');
    return stage.clear();
  });
});

describe('what is in the folder', () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'local-'));
    folder = join(parent, 'nodes');
    mkdirSync(folder, { mode: 0o700 });
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('and is foreign or cannot be read is reported once, ignored, and left alone', async () => {
    const living = open(folder);
    const [node] = nodesOf('living', 1);
    if (node === undefined) throw new Error('no node');
    await living.registry.register(node, 1_000);
    const process = /^\w{16}/.exec(readdirSync(folder)[0] ?? '')?.[0] ?? '';
    const strange = ['notes.txt', '.hidden', 'x.json', `${process}.json`];
    for (const name of strange) writeFileSync(join(folder, name), '{}');
    writeFileSync(join(folder, `${process}.1001.json`), '{"name":"greeter","nodes":[{"id":');
    writeFileSync(join(folder, `${process}.1002.json`), Buffer.alloc(64, 0xff));
    writeFileSync(join(folder, `${process}.1003.json`), '');
    writeFileSync(join(folder, `${process}.1004.json`), ' '.repeat(defaultLimits.messageBytes + 1));
    mkdirSync(join(folder, `${process}.1005.json`));
    symlinkSync('/etc/hostname', join(folder, `${process}.1006.json`));
    execFileSync('mkfifo', [join(folder, `${process}.1007.json`)]);
    writeFileSync(join(folder, `${process}.1008.json`), '{"name":7,"nodes":[]}');
    const before = readdirSync(folder).sort();

    const { registry, log, close } = open(folder);
    const watch = await registry.watch?.(() => undefined);
    for (let i = 0; i < 3; i += 1) {
      expect(await registry.list()).toEqual(['living']);
      expect(await registry.lookup('living')).toEqual([node]);
    }
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(log.lines).toHaveLength(strange.length + 8);
    expect(new Set(log.lines.map(({ fields }) => fields?.['file'])).size).toBe(log.lines.length);
    expect(readdirSync(folder).sort()).toEqual(before);
    await watch?.close();
    await close();
    await living.close();
    // The owner takes its own away, and nothing else.
    expect(readdirSync(folder)).toHaveLength(before.length - 2);
  });

  it('and was left by the dead is removed, drafts and sockets without records too', async () => {
    const dead = '0123456789abcdef';
    const program = `
      require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 9))`;
    const socket = join(folder, `${dead}.sock`);
    try {
      execFileSync(process.execPath, ['-e', program, socket]);
    } catch {
      // It was killed, as it should be.
    }
    for (const name of [`${dead}.1.tmp`, `${dead}.2.json`]) writeFileSync(join(folder, name), '{');
    writeFileSync(join(folder, 'fedcba9876543210.7.tmp'), '');
    expect(readdirSync(folder)).toHaveLength(4);
    const { registry, close } = open(folder);
    expect(await registry.list()).toEqual([]);
    await until(() => readdirSync(folder).length === 0);
    await close();
  });

  it('is mended by the next heartbeat: files, sockets, or all of the folder', async () => {
    const owner = open(folder);
    const reader = open(folder);
    const nodes = nodesOf('mended', 2);
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('no nodes');
    const beat = (): Promise<void> => owner.registry.register(first, 1_000);
    for (const node of nodes) await owner.registry.register(node, 1_000);
    expect(await reader.registry.lookup('mended')).toEqual(nodes);
    const remove = (end: string): void => {
      for (const name of readdirSync(folder).filter((each) => each.endsWith(end)))
        rmSync(join(folder, name));
    };

    remove('.json');
    expect(await reader.registry.lookup('mended')).toEqual([]);
    await beat();
    expect(await reader.registry.lookup('mended')).toEqual([first]);
    await owner.registry.register(second, 1_000);

    for (const name of readdirSync(folder).filter((each) => each.endsWith('.json')))
      writeFileSync(join(folder, name), 'scribble');
    await beat();
    await owner.registry.register(second, 1_000);
    const late = open(folder);
    expect(await late.registry.lookup('mended')).toEqual(expect.arrayContaining([...nodes]));

    // Without its socket a process looks dead to whoever comes now. It comes back under a new name,
    // with all that it has, not only the node whose heartbeat it is.
    remove('.sock');
    await beat();
    const later = open(folder);
    expect((await later.registry.lookup('mended')).length).toBe(2);
    expect(await reader.registry.lookup('mended')).toHaveLength(2);

    rmSync(folder, { recursive: true });
    await beat();
    expect(await owner.registry.lookup('mended')).toEqual([first]);
    for (const { close } of [late, later, reader, owner]) await close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is followed without events of the system too', async () => {
    const { follow } = await import('./follow.ts');
    let told = 0;
    const stop = follow(await claimFolder(folder), {
      changed: async () => void (told += 1),
      gone: () => undefined,
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = told;
    // Names that make no event for us change the folder's time all the same.
    writeFileSync(join(folder, 'x.tmp'), '');
    await until(() => told > before);
    stop();
  });

  it('is lost when the folder is removed: its watches end with the reason', async () => {
    const { registry, close } = open(folder);
    const watch = await registry.watch?.(() => undefined, 'any');
    rmSync(folder, { recursive: true });
    const reason = await watch?.closed;
    expect(reason).toBeInstanceOf(MicroError);
    expect((reason as MicroError).message).toContain('is gone');
    const again = await registry.watch?.(() => undefined, 'any');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await again?.close();
    expect(await again?.closed).toBeUndefined();
    await close();
  });

  it('tells a watch of one service nothing of others', async () => {
    const { registry, close } = open(folder);
    const told: string[][] = [];
    let calls = 0;
    await registry.watch?.(() => (calls += 1));
    await registry.watch?.((services) => told.push([...services.keys()]), 'one');
    for (const node of [...nodesOf('one', 1), ...nodesOf('two', 1)])
      await registry.register(node, 1_000);
    await until(() => calls === 3);
    expect(told).toEqual([['one'], ['one']]);
    await close();
  });
});
