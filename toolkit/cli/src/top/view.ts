import Table from 'cli-table3';
import type { Output } from '@micro-ts/commands';
import type { Row } from './sampler.ts';

/** What the table can be sorted by, by the key that asks for it. */
export const sortings = {
  c: { name: 'calls', value: (row: Row) => row.figures?.callsPerSecond ?? -1 },
  f: { name: 'flight', value: (row: Row) => row.figures?.inFlight ?? -1 },
  e: { name: 'errors', value: (row: Row) => row.figures?.errorRate ?? -1 },
  p: { name: 'p99', value: (row: Row) => row.figures?.p99 ?? -1 },
  l: { name: 'loop', value: (row: Row) => row.figures?.loop ?? -1 },
  m: { name: 'memory', value: (row: Row) => row.figures?.memory ?? -1 },
  s: { name: 'service', value: () => 0 },
} as const;

/** A key of {@link sortings}. */
export type Sorting = keyof typeof sortings;

const columns = [
  ...['service', 'version', 'address', 'calls/s', 'in flight', 'errors'],
  ...['p50 ms', 'p99 ms', 'loop ms', 'memory', ''],
];

/** The largest first; what is equal, by service and address. */
export function sorted(rows: readonly Row[], by: Sorting): readonly Row[] {
  const { value } = sortings[by];
  const place = ({ node }: Row): string => `${node.service} ${node.address}`;
  return [...rows].sort((a, b) => value(b) - value(a) || (place(a) < place(b) ? -1 : 1));
}

/**
 * The table, and a line above it that sums it up.
 * @param size of the terminal; rows that do not fit are counted
 */
export function draw(
  rows: readonly Row[],
  by: Sorting,
  size: { readonly rows: number; readonly columns: number },
): string {
  // The heading, the line above, the line below and the one that the cursor stands in.
  const room = Math.max(1, size.rows - 4);
  const shown = sorted(rows, by).slice(0, room);
  const table = new Table({ head: columns, style, chars });
  table.push(...shown.map((row) => [...cellsOf(row)]));
  const hidden = rows.length - shown.length;
  const lines = [summary(rows, by), ...table.toString().split('\n')];
  if (hidden > 0) lines.push(`… and ${hidden} more`);
  return lines.map((line) => line.trimEnd().slice(0, size.columns)).join('\n');
}

const style = { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 };

/** No lines between cells and rows. */
const chars = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right']
    .flatMap((edge) => [edge, `${edge}-mid`, `${edge}-left`, `${edge}-right`])
    .map((edge) => [edge, ''])
    .concat([['middle', '  ']]),
);

function summary(rows: readonly Row[], by: Sorting): string {
  const services = new Set(rows.map(({ node }) => node.service)).size;
  const calls = rows.reduce((all, { figures }) => all + (figures?.callsPerSecond ?? 0), 0);
  const keys = Object.entries(sortings).map(([key, { name }]) =>
    key === by ? `[${key}] ${name}` : `${key} ${name}`,
  );
  const counted = `${rows.length} nodes of ${services} services, ${number(calls)} calls/s`;
  return `${counted}   sort: ${keys.join(', ')}   q quits`;
}

function cellsOf({ node, figures, trouble = '' }: Row): readonly string[] {
  const cells = [node.service, node.version, node.address].map(printable);
  if (figures === undefined) return [...cells, '', '', '', '', '', '', '', trouble];
  const { callsPerSecond, inFlight, errorRate, p50, p99, loop, memory } = figures;
  return [
    ...cells,
    ...[number(callsPerSecond), String(inFlight), `${(errorRate * 100).toFixed(1)} %`],
    ...[p50, p99, loop].map((ms) => ms.toFixed(2)),
    ...[`${(memory / 1_048_576).toFixed(0)} MB`, trouble],
  ];
}

const number = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });

/** A node may call itself anything; a terminal would take some of it for an order. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '\ufffd').slice(0, 60);

/** The same for those who are no terminal. */
export function answerOf(rows: readonly Row[]): Output {
  const all = sorted(rows, 's');
  const data = all.map(({ node: { id, service, version, address }, figures, trouble }) => {
    return { id, service, version, address, ...figures, ...(trouble !== undefined && { trouble }) };
  });
  const table = { columns, rows: all.map(cellsOf) };
  const width = (at: number): number =>
    Math.max(...[columns, ...table.rows].map((row) => row[at]?.length ?? 0));
  const text = [columns, ...table.rows]
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(width(at)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
  return { data, text, table };
}
