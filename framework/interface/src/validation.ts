import type { JsonSchema, Schema } from './schema.ts';

/**
 * Knows the kinds of schema that speak no Standard Schema, or cannot describe themselves. Asked at
 * boot only; what it returns is used for each call.
 */
export interface Validation {
  /**
   * A schema for what stands in `request:` or `response:`, such as a decorated class; `undefined` if
   * it is none of this plugin's kinds.
   */
  schemaOf(type: unknown): Promise<Schema | undefined>;
  /** JSON Schema of a schema that does not bring its own; `undefined` if it cannot be told. */
  describe(schema: Schema, side: 'input' | 'output'): Promise<JsonSchema | undefined>;
  /**
   * True if this process has classes that only this plugin can check. A handler that shows no schema
   * then fails the boot, rather than lose validation silently.
   */
  inUse(): boolean;
}
