import { ConfigError } from '@micro-ts/interface';
import type { Role, Schema } from '@micro-ts/interface';
import { splitList } from './environment.ts';
import type { Setting } from './environment.ts';
import type { AnyPlugin } from './plugin-packages.ts';

/** What plugins call the place of their server; the first that a plugin has is meant. */
const addressNames = ['address', 'addresses', 'server', 'servers', 'url', 'urls', 'folder'];

type Options = Readonly<Record<string, unknown>>;

/**
 * The plugin's options with the address from the environment among them: under `<role>Address` or the
 * first of the names above that its schema has, as text or as a list, whichever the schema takes.
 * Commas separate several, as in go-micro; a text with commas stays whole where no list is taken.
 * @throws ConfigError if it has none of them
 */
export function withAddress(
  role: Role,
  plugin: AnyPlugin,
  options: Options,
  address: Setting<string>,
): Options {
  const names = optionNames(plugin.options);
  const wanted = [`${role}Address`, ...addressNames];
  const name = names === undefined ? 'address' : wanted.find((each) => names.includes(each));
  if (name === undefined)
    throw new ConfigError(address.from, `tells ${plugin.plugin} an address, and it has none`);
  const list = splitList(address.value);
  const text = list.length === 1 ? list[0] : address.value;
  const several = list.length > 1;
  const joined = (form: unknown): Options => ({ ...options, [name]: form });
  const takes = (form: unknown): boolean => isTaken(plugin, joined(form));
  const form = (several ? [list, text] : [text, list]).find(takes);
  // Refused either way: in the form that the option has, for the plugin to say why.
  return joined(form ?? (several && takes(list.slice(0, 1)) ? list : text));
}

function isTaken(plugin: AnyPlugin, options: Options): boolean {
  try {
    plugin(options);
    return true;
  } catch {
    return false;
  }
}

/**
 * Names of the options of a schema. Standard JSON Schema tells them; of the libraries without it,
 * valibot keeps them in `entries`. `undefined` if there is no telling.
 */
export function optionNames(schema: Schema | undefined): readonly string[] | undefined {
  if (schema === undefined) return [];
  const described = namesIn(jsonSchemaOf(schema)?.['properties']);
  return described ?? namesIn(Reflect.get(schema, 'entries'));
}

function jsonSchemaOf(schema: Schema): Options | undefined {
  try {
    return schema['~standard'].jsonSchema?.input({
      target: 'draft-2020-12',
      libraryOptions: { unrepresentable: 'any' },
    });
  } catch {
    return undefined;
  }
}

const namesIn = (value: unknown): readonly string[] | undefined =>
  typeof value === 'object' && value !== null ? Object.keys(value) : undefined;
