import { fromPointer, isObject, publishSchema } from './published-schema.ts';
import type { JsonObject, PublishedSchema } from './published-schema.ts';

/** A reference to a component. */
export interface Ref {
  readonly $ref: string;
}

const home = '#/components/schemas/';

/** The schemas of a document, each under a name of its own. */
export class SchemaComponents {
  readonly #schemas = new Map<string, PublishedSchema>();

  /**
   * Takes a schema in, and its definitions beside it as `<name>.<definition>`.
   * @param name what it should be called; another one that becomes the same name gets a number
   */
  add(name: string, schema: unknown): Ref {
    const own = this.#claim(name);
    const given = isObject(schema) ? schema : {};
    const { $defs, definitions, ...rest } = given;
    const found = { ...(isObject(definitions) && definitions), ...(isObject($defs) && $defs) };
    const names = new Map<string, string>();
    for (const definition of Object.keys(found).sort())
      names.set(definition, this.#claim(`${own}.${definition}`));
    const place = {
      root: `${home}${own}`,
      definition: (each: string) => {
        const target = names.get(each);
        return target === undefined ? undefined : `${home}${target}`;
      },
    };
    this.#schemas.set(own, publishSchema(schema === true ? true : rest, place));
    for (const [definition, target] of names)
      this.#schemas.set(target, publishSchema(found[definition], place));
    this.#mend([own, ...names.values()]);
    return { $ref: place.root };
  }

  /** The schema behind a reference; `undefined` if that leads nowhere, or in a circle. */
  resolve(schema: unknown): JsonObject | undefined {
    let current = schema;
    for (let steps = 0; steps < 8 && isObject(current); steps++) {
      const { $ref } = current;
      if (typeof $ref !== 'string') return current;
      current = this.#at($ref);
    }
    return undefined;
  }

  /** All of them, by name. */
  all(): JsonObject {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** References that lead nowhere, which some readers of a document fail on, are taken out. */
  #mend(names: readonly string[]): void {
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) return value.forEach(visit);
      if (!isObject(value)) return;
      if (typeof value['$ref'] === 'string' && this.#at(value['$ref']) === undefined)
        delete value['$ref'];
      Object.values(value).forEach(visit);
    };
    for (const name of names) visit(this.#schemas.get(name));
  }

  #at(ref: string): unknown {
    const [name = '', ...path] = ref.slice(home.length).split('/');
    let current: unknown = this.#schemas.get(name);
    for (const part of path) {
      const key = fromPointer(part);
      if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key))
        return undefined;
      current = (current as JsonObject)[key];
    }
    return current;
  }

  /** A name that components may have, and that none has yet. */
  #claim(wanted: string): string {
    const plain = wanted.replace(/[^A-Za-z0-9._-]/g, '_');
    let name = plain;
    for (let n = 2; this.#schemas.has(name); n++) name = `${plain}_${n}`;
    this.#schemas.set(name, {});
    return name;
  }
}
