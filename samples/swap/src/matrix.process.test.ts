import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsServer, serverKinds } from '@micro-ts/testing/servers';

const root = join(__dirname, '../../..');

/** What the script says of one registry, broker and transport. */
interface Cell {
  readonly registry: string;
  readonly broker: string;
  readonly transport: string;
  readonly ok?: boolean;
  readonly ms?: number;
  readonly reason?: string;
}

describe('unchanged programs', () => {
  let folder: string;
  let cells: readonly Cell[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'micro-matrix-'));
    const file = join(folder, 'cells.json');
    const script = join(root, 'scripts', 'matrix.mjs');
    const child = spawn(
      process.execPath,
      [script, '--no-build', '--no-provide', '--pairwise', '--json', file],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    await new Promise((resolve) => child.once('close', resolve));
    console.log(output);
    cells = JSON.parse(readFileSync(file, 'utf8')) as Cell[];
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are tried under every pair of plugins, told by their environment alone', () => {
    expect(cells.filter(({ ok }) => ok === false)).toEqual([]);
    const registries = new Set(cells.map(({ registry }) => registry));
    const brokers = new Set(cells.map(({ broker }) => broker));
    const transports = new Set(cells.map(({ transport }) => transport));
    expect([...registries].sort()).toEqual(['consul', 'etcd', 'local', 'mdns', 'nats', 'redis']);
    expect([...brokers].sort()).toEqual(['http', 'nats', 'rabbitmq', 'redis']);
    expect([...transports].sort()).toEqual(['http', 'nats', 'rabbitmq']);
    const pairs = (a: keyof Cell, b: keyof Cell): number =>
      new Set(cells.map((cell) => `${cell[a]} ${cell[b]}`)).size;
    expect(pairs('registry', 'broker')).toBe(registries.size * brokers.size);
    expect(pairs('registry', 'transport')).toBe(registries.size * transports.size);
    expect(pairs('broker', 'transport')).toBe(brokers.size * transports.size);
  });

  const using = (name: string): readonly Cell[] =>
    cells.filter(({ registry, broker, transport }) => [registry, broker, transport].includes(name));

  it('run without any server', () => {
    const embedded = ['local', 'http'];
    const alone = cells.filter(({ registry, broker }) =>
      [registry, broker].every((name) => embedded.includes(name)),
    );
    expect(alone.map(({ ok, reason }) => reason ?? ok)).toEqual([true]);
  });

  describe.each(serverKinds)('with %s', (kind) => {
    needsServer(
      describe,
      kind,
      true,
    )('as a server', () => {
      it('run with whatever else is there', () => {
        const tried = using(kind).filter(({ ok }) => ok !== undefined);
        expect(tried.length).toBeGreaterThan(0);
        expect(tried.filter(({ ok }) => ok !== true)).toEqual([]);
      });
    });
  });
});
