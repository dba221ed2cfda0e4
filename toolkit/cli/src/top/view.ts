import { topCells, topColumns } from '@micro-ts/commands';
import type { Row } from '@micro-ts/commands';
import Table from 'cli-table3';

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

/** The largest first; what is equal, by service and address. */
function sorted(rows: readonly Row[], by: Sorting): readonly Row[] {
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
  const table = new Table({ head: [...topColumns], style, chars });
  table.push(...shown.map((row) => [...topCells(row)]));
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
  const counted = `${rows.length} nodes of ${services} services, ${Math.round(calls).toLocaleString('en')} calls/s`;
  return `${counted}   sort: ${keys.join(', ')}   q quits`;
}
