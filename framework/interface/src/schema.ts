/** JSON Schema, draft 2020-12, as it is published with an endpoint. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How a library describes its schemas: Standard JSON Schema, https://standardschema.dev. */
export type ToJsonSchema = (options: {
  readonly target: 'draft-2020-12';
  readonly libraryOptions?: Readonly<Record<string, unknown>>;
}) => Record<string, unknown>;

/**
 * A schema of zod, valibot, arktype or any other library of the Standard Schema family
 * (https://standardschema.dev, version 1; these are the parts that Micro uses).
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly jsonSchema?: { readonly input: ToJsonSchema; readonly output: ToJsonSchema };
  };
}

/** A value, or what is wrong with it and where. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type Types<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T>
  : never;

/** Type of the values that a schema accepts, before its defaults. */
export type InputOf<S> = Types<S> extends { readonly input: infer I } ? I : never;

/** Type of the values that it lets through. */
export type OutputOf<S> = Types<S> extends { readonly output: infer O } ? O : never;
