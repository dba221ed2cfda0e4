import { ConfigError } from '@micro-ts/interface';
import type * as Transformer from 'class-transformer';
import type * as Validator from 'class-validator';
import type { Class } from './rules.ts';
import { isObject } from './rules.ts';

/** What class-transformer knows of a property; the parts that count here. */
export interface TypeRule {
  readonly typeFunction?: (options: object) => unknown;
  readonly options?: {
    readonly discriminator?: { readonly subTypes?: readonly { readonly value: unknown }[] };
  };
}

/** Where class-transformer keeps what its decorators said. */
export interface TypeStorage {
  findTypeMetadata(type: Class, property: string): TypeRule | undefined;
  findTransformMetadatas(type: Class, property: string, toClass: 0): readonly unknown[];
  findExposeMetadata(
    type: Class,
    property: string,
  ): { readonly options?: { readonly name?: string } } | undefined;
  getExcludedProperties(type: Class, toClass: 0): readonly string[];
}

/** The two libraries, once they are needed. */
export interface Libraries {
  readonly validator: Pick<typeof Validator, 'validate' | 'validateSync'>;
  readonly transformer: Pick<typeof Transformer, 'plainToInstance'>;
  readonly types: TypeStorage;
  /** Names of the rules that class-validator itself brings. */
  readonly builtIn: ReadonlySet<unknown>;
}

let loading: Promise<Libraries> | undefined;

/**
 * Loads the libraries: 0.3 s, unless classes with rules have done so before.
 * @throws ConfigError with the command that installs them.
 */
export function loadLibraries(): Promise<Libraries> {
  loading ??= load().catch((reason: unknown) => {
    loading = undefined;
    throw reason;
  });
  return loading;
}

async function load(): Promise<Libraries> {
  const [validator, transformer, storage] = await Promise.all([
    library('class-validator', () => import('class-validator')),
    library('class-transformer', () => import('class-transformer')),
    library('class-transformer', () => importHidden('class-transformer/cjs/storage.js')),
  ]);
  return {
    validator,
    transformer,
    types: (storage as { defaultMetadataStorage: TypeStorage }).defaultMetadataStorage,
    builtIn: new Set(Object.values(validator).filter((each) => typeof each === 'string')),
  };
}

async function library<T extends object>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    const module = await load();
    // A CommonJS module whose names Node could not tell stands in `default`.
    const whole = 'default' in module ? module.default : undefined;
    return isObject(whole) ? { ...(whole as T), ...module } : module;
  } catch {
    throw new ConfigError(
      'validation',
      `${name} cannot be loaded, which classes with rules need`,
      'npm install class-validator class-transformer',
    );
  }
}

/** Imports a module that has no types; rejects if it is not installed. */
export async function importHidden(name: string): Promise<object> {
  const module: unknown = await import(name);
  return isObject(module) ? module : {};
}
