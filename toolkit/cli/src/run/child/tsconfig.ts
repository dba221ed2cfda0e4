import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** What a `tsconfig.json` says that changes how files run. */
export interface CompilerOptions {
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
  readonly useDefineForClassFields?: boolean;
  readonly verbatimModuleSyntax?: boolean;
  readonly target?: string;
  readonly jsx?: string;
  readonly jsxImportSource?: string;
  readonly customConditions?: readonly string[];
  readonly paths?: Readonly<Record<string, readonly string[]>>;
  /** Absolute. Where `paths` are looked for. */
  readonly base?: string;
}

/** Deepest chain of `extends`: beyond it files extend each other in a circle. */
const deepest = 20;

/** Options by folder. */
type Known = Map<string, CompilerOptions | undefined>;

const found: Known = new Map();

/**
 * The options of the nearest `tsconfig.json`, with those that it extends; `undefined` where there is
 * none. A file that cannot be read says nothing: the compiler is there to complain.
 * @param known what need not be read again; an empty map where files may have changed
 */
export function optionsFor(file: string, known: Known = found): CompilerOptions | undefined {
  const folder = dirname(file);
  if (known.has(folder)) return known.get(folder);
  const own = join(folder, 'tsconfig.json');
  const upper = dirname(folder);
  const options = existsSync(own)
    ? read(own, 0)
    : upper === folder
      ? undefined
      : optionsFor(join(upper, 'any'), known);
  known.set(folder, options);
  return options;
}

function read(file: string, depth: number): CompilerOptions {
  const config = parse(file);
  const own = record(config['compilerOptions']) as CompilerOptions & { readonly baseUrl?: string };
  const parents = [config['extends'] ?? []].flat().filter((each) => typeof each === 'string');
  let options: CompilerOptions = {};
  for (const parent of depth < deepest ? parents : []) {
    const place = locate(parent, file);
    if (place !== undefined) options = { ...options, ...read(place, depth + 1) };
  }
  const base = own.baseUrl ?? (own.paths === undefined ? undefined : '.');
  return { ...options, ...own, ...(base !== undefined && { base: resolve(dirname(file), base) }) };
}

function locate(name: string, from: string): string | undefined {
  if (/^\.{1,2}(\/|$)/.test(name) || isAbsolute(name)) {
    const path = resolve(dirname(from), name);
    return [path, `${path}.json`, join(path, 'tsconfig.json')].find(
      (each) => each.endsWith('.json') && existsSync(each),
    );
  }
  const require = createRequire(from);
  for (const each of [name, `${name}.json`, `${name}/tsconfig.json`]) {
    try {
      const path = require.resolve(each);
      if (path.endsWith('.json')) return path;
    } catch {
      // The next spelling may be the one.
    }
  }
  return undefined;
}

function parse(file: string): Record<string, unknown> {
  try {
    return record(JSON.parse(withoutComments(readFileSync(file, 'utf8'))));
  } catch {
    return {};
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** JSON without comments and trailing commas; what stands in strings stays. */
const withoutComments = (text: string): string =>
  text
    .replace(/^\uFEFF/, '')
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (_, string?: string) => string ?? '')
    .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[\]}])/g, (_, string?: string) => string ?? '');
