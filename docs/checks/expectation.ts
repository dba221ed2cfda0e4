// Output as a document shows it, compared with what came: `…` stands for anything in a line, alone in
// a line for any number of lines, and an address of this machine for any.

/** Addresses as the document has them → as they are. */
export type Addresses = Map<string, string>;

const address = /127\.0\.0\.1:\d+/g;

/** `any order` for the lines of several things at work at once. */
export type Order = 'as written' | 'any order';

/**
 * What is wrong; `undefined` if nothing is. Addresses that turn up for the first time are learnt.
 */
export function compare(
  expected: string,
  actual: string,
  addresses: Addresses,
  order: Order = 'as written',
): string | undefined {
  const wanted = linesOf(expected);
  const found = linesOf(actual);
  const shown = `expected\n${expected}\nand got\n${actual}`;
  const learnt: Addresses = new Map();
  const left = [...found];
  if (wanted.includes('…')) {
    if (!follows(wanted, found, addresses, learnt)) return shown;
    wanted.length = 0;
  } else if (wanted.length !== found.length) return shown;
  for (const line of wanted) {
    const at = left.findIndex((each) => fits(line, each, addresses, learnt));
    if (at === -1 || (order === 'as written' && at > 0)) return shown;
    left.splice(at, 1);
  }
  for (const [written, real] of learnt) addresses.set(written, real);
  return undefined;
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');

/** True if the lines come in their order, with any number of lines where `…` stands alone. */
function follows(
  wanted: readonly string[],
  found: readonly string[],
  known: Addresses,
  learnt: Addresses,
): boolean {
  const [line, ...more] = wanted;
  if (line === undefined) return found.length === 0;
  if (line === '…') {
    const places = [...found.keys(), found.length];
    return places.some((at) => follows(more, found.slice(at), known, learnt));
  }
  const [first, ...rest] = found;
  return (
    first !== undefined && fits(line, first, known, learnt) && follows(more, rest, known, learnt)
  );
}

function fits(expected: string, actual: string, known: Addresses, learnt: Addresses): boolean {
  const written = expected.match(address) ?? [];
  const pattern = expected
    .split(address)
    .map((part) => part.split('…').map(escaped).join('.*'))
    .join('(127\\.0\\.0\\.1:\\d+)');
  const match = new RegExp(`^${pattern}$`).exec(actual);
  if (match === null) return false;
  for (const [at, name] of written.entries()) {
    const real = match[at + 1] ?? '';
    if ((known.get(name) ?? real) !== real) return false;
    learnt.set(name, real);
  }
  return true;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
