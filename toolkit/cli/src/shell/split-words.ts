/**
 * The words of a line, as a shell splits them: quotes keep spaces, a backslash keeps what follows it.
 * JSON that begins a word keeps its quotes: `call greeter hello {"name": "Ann"}`.
 * @throws Error for a quote that is not closed
 */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    if (/\s/.test(line[at] ?? '')) {
      at += 1;
      continue;
    }
    const read = /[{[]/.test(line[at] ?? '') ? readJson(line, at) : readWord(line, at);
    words.push(read.word);
    at = read.end;
  }
  return words;
}

interface Read {
  readonly word: string;
  readonly end: number;
}

/** Until the brackets are closed. */
function readJson(line: string, begin: number): Read {
  let depth = 0;
  for (let at = begin; at < line.length; at++) {
    const letter = line[at];
    if (letter === '"') at = endOfText(line, at);
    if (letter === '{' || letter === '[') depth += 1;
    if (letter === '}' || letter === ']') depth -= 1;
    if (depth === 0) return { word: line.slice(begin, at + 1), end: at + 1 };
  }
  throw new Error('a bracket is not closed');
}

function endOfText(line: string, begin: number): number {
  for (let at = begin + 1; at < line.length; at++) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === '"') return at;
  }
  throw new Error('a quote is not closed');
}

function readWord(line: string, begin: number): Read {
  let word = '';
  let quote: string | undefined;
  let at = begin;
  for (; at < line.length; at++) {
    const letter = line[at] ?? '';
    if (letter === '\\' && quote !== "'") word += line[++at] ?? '';
    else if (letter === quote) quote = undefined;
    else if (quote === undefined && (letter === '"' || letter === "'")) quote = letter;
    else if (quote === undefined && /\s/.test(letter)) break;
    else word += letter;
  }
  if (quote !== undefined) throw new Error('a quote is not closed');
  return { word, end: at };
}
