import { memory, MemoryNetwork } from '@micro-ts/memory';
import { eventually } from '@micro-ts/testing';
import type { Row } from '@micro-ts/commands';
import { createApp, Handler, Service } from 'micro-ts';
import type { App } from 'micro-ts';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from '../terminal-command.ts';
import { showTop } from './live-top.ts';
import { draw } from './view.ts';

@Service('busy', { version: '2.0.0' })
class Busy {
  @Handler()
  async work(): Promise<object> {
    return {};
  }
}

const all = memory({ network: new MemoryNetwork() });
const place = { registry: all, transport: all, broker: all, log: 'error' } as const;
let app: App;
let nodes: readonly App[];
beforeAll(async () => {
  nodes = [await createApp(place, [Busy]), await createApp(place, [Busy])];
  app = await createApp(place);
});
afterAll(() => Promise.all([app, ...nodes].map((each) => each.close())));

it('renews itself on a terminal, sorts by keys, and quits', async () => {
  const out = Object.assign(new PassThrough(), { isTTY: true, rows: 10, columns: 120 });
  let text = '';
  out.on('data', (chunk) => (text += String(chunk)));
  const raw: boolean[] = [];
  const keys = Object.assign(new EventEmitter(), {
    ...{
      isTTY: true,
      isRaw: false,
      setEncoding: () => keys,
      resume: () => keys,
      pause: () => keys,
    },
    setRawMode: (on: boolean) => (raw.push(on), keys),
  });
  const terminal = { out, in: keys } as unknown as Terminal;
  const { signal } = new AbortController();
  const top = showTop({ every: 100, service: 'busy' }, { micro: app, signal }, terminal);
  const shown = /2 nodes of 1 services, .* sort: \[c\] calls.*\nservice +version/;
  await eventually(() => expect(stripVTControlCharacters(text)).toMatch(shown));
  text = '';
  keys.emit('data', 'm');
  expect(stripVTControlCharacters(text)).toMatch(/\[m\] memory/);
  text = '';
  Object.assign(out, { columns: 40 }).emit('resize');
  expect(
    Math.max(
      ...stripVTControlCharacters(text)
        .split('\n')
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(40);
  keys.emit('data', 'q');
  await top;
  expect(raw).toEqual([true, false]);
});

it('shows what fits of many nodes, and nothing that a terminal would obey', () => {
  const node = { version: '1', address: '127.0.0.1:1', metadata: {}, endpoints: [] };
  const rows: Row[] = Array.from({ length: 300 }, (_, n) => ({
    node: { ...node, id: `n${n}`, service: n === 0 ? 'a\x1b[2J' : `s${n}` },
  }));
  const text = draw(rows, 's', { rows: 20, columns: 100 });
  expect(text.split('\n').length).toBeLessThan(20);
  expect(text).toContain('… and 284 more');
  expect(text).not.toContain('\x1b[2J');
});
