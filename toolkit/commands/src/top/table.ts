import type { Output } from '../output.ts';
import type { Row } from './sampler.ts';

/** Headings of {@link topCells}. */
export const topColumns: readonly string[] = [
  ...['service', 'version', 'address', 'calls/s', 'in flight', 'errors'],
  ...['p50 ms', 'p99 ms', 'loop ms', 'memory', ''],
];

/** A node's figures as people read them. */
export function topCells({ node, figures, trouble = '' }: Row): readonly string[] {
  const cells = [node.service, node.version, node.address].map(printable);
  if (figures === undefined) return [...cells, '', '', '', '', '', '', '', trouble];
  const { callsPerSecond, inFlight, errorRate, p50, p99, loop, memory } = figures;
  return [
    ...cells,
    ...[rate(callsPerSecond), String(inFlight), `${(errorRate * 100).toFixed(1)} %`],
    ...[p50, p99, loop].map((ms) => ms.toFixed(2)),
    ...[`${(memory / 1_048_576).toFixed(0)} MB`, trouble],
  ];
}

/** With a digit behind the point where there are few. */
const rate = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });

/** A node may call itself anything; a terminal would take some of it for an order. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '\ufffd').slice(0, 60);

/** The nodes of each service together. */
export function answerOf(rows: readonly Row[]): Output {
  const place = ({ node }: Row): string => `${node.service} ${node.address}`;
  const all = [...rows].sort((a, b) => (place(a) < place(b) ? -1 : 1));
  const data = all.map(({ node: { id, service, version, address }, figures, trouble }) => {
    return { id, service, version, address, ...figures, ...(trouble !== undefined && { trouble }) };
  });
  const table = { columns: topColumns, rows: all.map(topCells) };
  const lines = [topColumns, ...table.rows];
  const widths = topColumns.map((_, at) => Math.max(...lines.map((row) => row[at]?.length ?? 0)));
  const text = lines.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return { data, text: text.join('\n'), table };
}
