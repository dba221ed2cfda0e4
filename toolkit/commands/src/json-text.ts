// JSON as text, so that no number passes through one of JavaScript.

/** A token of JSON: a text, a sign, or what else is in one piece. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** JSON with a member or element on each line, as Go indents it. */
export function indentJson(text: string, indent = '\t'): string {
  let depth = 0;
  let result = '';
  let before = '';
  const line = (): string => `\n${indent.repeat(depth)}`;
  for (const [each] of text.matchAll(token)) {
    if (each === '}' || each === ']') {
      depth -= 1;
      result += before === '{' || before === '[' ? each : line() + each;
    } else {
      if (before === '{' || before === '[' || before === ',') result += line();
      result += each === ':' ? ': ' : each;
      if (each === '{' || each === '[') depth += 1;
    }
    before = each;
  }
  return result;
}

/** JSON without spaces between its tokens. */
export const compactJson = (text: string): string =>
  [...text.matchAll(token)].map(([each]) => each).join('');

/** What is wrong with a text as JSON; `undefined` if nothing is. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A number as JSON writes it. */
export const isJsonNumber = (text: string): boolean =>
  /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);
