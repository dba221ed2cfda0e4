import type { PathVariables } from './request-body.ts';
import type { RouteSegment } from './route-pattern.ts';

/** What stands at the end of a path. */
interface Leaf<T> {
  readonly value: T;
  /** Names of the variables on the way, in their order. */
  readonly names: readonly string[];
}

interface Branch<T> {
  readonly texts: Map<string, Branch<T>>;
  variable: Branch<T> | undefined;
  leaf: Leaf<T> | undefined;
  rest: Leaf<T> | undefined;
}

const branch = <T>(): Branch<T> => ({
  texts: new Map(),
  variable: undefined,
  leaf: undefined,
  rest: undefined,
});

/** Paths of one method. In each segment text wins over a variable, and a variable over the rest. */
export class RouteTree<T> {
  readonly #root = branch<T>();

  /** @returns who has the path already, whatever its variables are called; then nothing is added */
  add(segments: readonly RouteSegment[], value: T): T | undefined {
    const names: string[] = [];
    let at = this.#root;
    for (const segment of segments) {
      if (segment.kind === 'text') at = childOf(at, segment.text);
      else names.push(segment.name);
      if (segment.kind === 'variable') at = at.variable ??= branch();
    }
    const slot = segments.at(-1)?.kind === 'rest' ? 'rest' : 'leaf';
    const before = at[slot];
    if (before === undefined) at[slot] = { value, names };
    return before?.value;
  }

  find(segments: readonly string[]): { value: T; variables: PathVariables } | undefined {
    const values: string[] = [];
    const leaf = walk(this.#root, segments, 0, values);
    if (leaf === undefined) return undefined;
    const { value, names } = leaf;
    const variables = names.map((name, at) => [name, values[at] ?? ''] as const);
    return { value, variables: variables.filter(([name]) => name !== '') };
  }
}

function childOf<T>({ texts }: Branch<T>, text: string): Branch<T> {
  const child = texts.get(text) ?? branch<T>();
  texts.set(text, child);
  return child;
}

/** Goes back where a more particular way leads nowhere. @param values filled with those of variables */
function walk<T>(
  at: Branch<T>,
  segments: readonly string[],
  index: number,
  values: string[],
): Leaf<T> | undefined {
  const segment = segments[index];
  if (segment === undefined) return at.leaf;
  const child = at.texts.get(segment);
  const found = child && walk(child, segments, index + 1, values);
  if (found !== undefined) return found;
  const before = values.length;
  if (at.variable !== undefined) {
    values.push(segment);
    const leaf = walk(at.variable, segments, index + 1, values);
    if (leaf !== undefined) return leaf;
    values.length = before;
  }
  if (at.rest !== undefined) values.push(segments.slice(index).join('/'));
  return at.rest;
}
