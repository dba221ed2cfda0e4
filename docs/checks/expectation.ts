// Output as a document shows it, compared with what came: `…` stands for anything in a line, and an
// address of this machine for any.

/** Addresses as the document has them → as they are. */
export type Addresses = Map<string, string>;

const address = /127\.0\.0\.1:\d+/g;

/**
 * What is wrong; `undefined` if nothing is. Addresses that turn up for the first time are learnt.
 * @param order `any order` for the lines of several things at work at once
 */
export function compare(
  expected: string,
  actual: string,
  addresses: Addresses,
  order: 'as written' | 'any order' = 'as written',
): string | undefined {
  const wanted = linesOf(expected);
  const found = linesOf(actual);
  const shown = `expected\n${expected}\nand got\n${actual}`;
  if (wanted.length !== found.length) return shown;
  const learnt: Addresses = new Map();
  const left = [...found];
  for (const line of wanted) {
    const at = left.findIndex((each) => fits(line, each, addresses, learnt));
    if (at === -1 || (order === 'as written' && at > 0)) return shown;
    left.splice(at, 1);
  }
  for (const [written, real] of learnt) addresses.set(written, real);
  return undefined;
}

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');

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
