/** Nesting beyond which a peer's JSON is refused: walking it could exhaust the stack. */
const maxDepth = 64;

/**
 * Parses JSON of a peer.
 * @param limit characters, beyond which it is not even looked at.
 * @throws Error without any of the text if it is no JSON, too long, or nested too deeply.
 */
export function parseJson(text: string, limit: number): unknown {
  if (text.length > limit) throw new Error(`longer than ${limit} characters`);
  if (isDeep(text)) throw new Error(`nested more than ${maxDepth} levels`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('not JSON'); // the parser's own words would quote the text
  }
}

function isDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = endOfString(text, i);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxDepth) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** Index of the quote that ends the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === 0x5c) first--;
  return (at - first) % 2 === 1;
}

/**
 * The members of an object, or the items of an array, as they stand in the text: numbers too large
 * for JavaScript pass through unrounded. Items have their index as key.
 * @param text what {@link parseJson} has accepted.
 */
export function rawMembers(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let key: string | undefined;
  let start = text.search(/[[{]/) + 1;
  const add = (end: number): void => {
    const value = text.slice(start, end).trim();
    if (value !== '') members.set(key ?? String(members.size), value);
    key = undefined;
    start = end + 1;
  };
  for (let i = start, depth = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') i = endOfString(text, i);
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && depth-- === 0) {
      add(i);
      break;
    } else if (depth === 0 && char === ',') add(i);
    else if (depth === 0 && char === ':') {
      key = JSON.parse(text.slice(start, i)) as string;
      start = i + 1;
    }
  }
  return members;
}

/** The value as an object. @throws Error for everything else. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new Error('not an object');
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as a list; Go writes `null` for an empty one. @throws Error for everything else. */
export function asList(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new Error('not a list');
}

/** The value as text; missing and `null` are empty. @throws Error for everything else. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  throw new Error('not a text');
}
