import type { ServedNode } from './messages.ts';
import type { State } from './supervisor.ts';

/** A program as the banner shows it. */
export interface Shown {
  readonly program: { readonly name: string };
  readonly state: State;
  readonly nodes: readonly ServedNode[];
}

/** What runs where, when all programs have come up or failed to. */
export function banner(all: readonly Shown[]): string {
  const up = all.filter(({ state }) => state === 'up').length;
  const rows = all.flatMap(({ program, state, nodes }) => {
    if (state !== 'up')
      return [[program.name, '', state === 'ended' ? 'has ended' : 'is down', '']];
    if (nodes.length === 0) return [[program.name, '', 'runs', '']];
    return nodes.map((node) => [node.service, node.version, urlOf(node), partsOf(node)]);
  });
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return ['', `${up} of ${all.length} up`, ...lines.map((line) => `  ${line}`), '', ''].join('\n');
}

function urlOf({ address, metadata }: ServedNode): string {
  if (metadata['transport'] !== 'http') return address;
  return `${metadata['secure'] === 'true' ? 'https' : 'http'}://${address}`;
}

const partsOf = ({ metadata }: ServedNode): string =>
  `registry ${metadata['registry']}, transport ${metadata['transport']}`;
