type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const ownOf = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const integer = /^-?(?:0|[1-9]\d*)$/;

const views = new WeakMap<object, SchemaView>();

/** A JSON Schema of somebody else, as far as it says what a text stands for. */
export class SchemaView {
  readonly #root: unknown;
  readonly #properties = new Map<string, SchemaView>();
  /** The schemas of which a value is to pass at least one. */
  readonly #alternatives: readonly Json[];

  constructor(root: unknown, schemas: readonly unknown[]) {
    this.#root = root;
    this.#alternatives = schemas.flatMap((schema) => alternatives(root, schema));
  }

  /** @param schema `undefined` for one that says nothing; else one that never changes */
  static of(schema: Json | undefined): SchemaView {
    if (schema === undefined) return silent;
    const known = views.get(schema) ?? new SchemaView(schema, [schema]);
    views.set(schema, known);
    return known;
  }

  /** It says something of the value. */
  get isKnown(): boolean {
    return this.#alternatives.some((each) => typesOf(each).length > 0 || 'enum' in each);
  }

  /** What it says of a property of the value. */
  property(name: string): SchemaView {
    const known = this.#properties.get(name);
    if (known !== undefined) return known;
    const own = this.#alternatives.map((each) => ownOf(each['properties'], name));
    const isNamed = own.some((each) => each !== undefined);
    const rest = this.#alternatives.map((each) => each['additionalProperties']);
    const found = new SchemaView(this.#root, isNamed ? own : rest);
    if (isNamed) this.#properties.set(name, found);
    return found;
  }

  /** What it says of the items of the value; `undefined` if that is no list. */
  get items(): SchemaView | undefined {
    const lists = this.#alternatives.filter((each) => typesOf(each).includes('array'));
    if (lists.length === 0) return undefined;
    return new SchemaView(
      this.#root,
      lists.map((each) => each['items']),
    );
  }

  /** What a value should be, for an error. */
  get description(): string {
    const named = this.#alternatives.flatMap((each) => {
      const allowed = allowedBy(each);
      return allowed.length > 0 ? allowed.map(String) : typesOf(each);
    });
    return [...new Set(named)].slice(0, 20).join(' or ');
  }

  /** The JSON of the value that a text stands for; `undefined` if it can be none of those. */
  jsonOf(text: string): string | undefined {
    if (!this.isKnown) return JSON.stringify(text);
    const types = new Set<string>();
    for (const each of this.#alternatives) {
      const allowed = allowedBy(each);
      const found = allowed.find((value) => String(value) === text);
      if (found !== undefined) return JSON.stringify(found);
      if (allowed.length === 0) for (const type of typesOf(each)) types.add(type);
    }
    for (const [type, reads] of readers) if (types.has(type) && reads(text)) return text;
    return types.has('string') ? JSON.stringify(text) : undefined;
  }
}

const silent = new SchemaView(undefined, []);

/** The schemas that one consists of, by its references and alternatives; each is looked at once. */
function alternatives(root: unknown, schema: unknown, seen = new Set<unknown>()): readonly Json[] {
  if (!isObject(schema) || seen.has(schema)) return [];
  seen.add(schema);
  const { $ref: ref } = schema;
  if (typeof ref === 'string') return alternatives(root, pointed(root, ref), seen);
  const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => asList(schema[key]));
  if (parts.length === 0) return [schema];
  const inner = parts.flatMap((part) => alternatives(root, part, seen));
  return 'properties' in schema ? [schema, ...inner] : inner;
}

function pointed(root: unknown, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined;
  let at: unknown = root;
  for (const key of ref.slice(1).split('/').slice(1))
    at = ownOf(at, key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return at;
}

function typesOf(schema: Json): readonly string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.filter((each) => typeof each === 'string');
  if ('properties' in schema) return ['object'];
  return 'const' in schema ? [typeof schema['const']] : [];
}

/** The most particular types come first: a text is anything. */
const readers: readonly (readonly [type: string, read: (text: string) => boolean])[] = [
  ['integer', (text) => integer.test(text)],
  ['number', (text) => number.test(text)],
  ['boolean', (text) => text === 'true' || text === 'false'],
  ['null', (text) => text === 'null'],
];

const allowedBy = (schema: Json): readonly unknown[] =>
  'const' in schema ? [schema['const']] : asList(schema['enum']);
