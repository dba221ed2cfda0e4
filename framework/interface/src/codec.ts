/**
 * Turns values into bytes and back; chosen for each message by its content type. Both ways are
 * synchronous, and throw `MicroError('invalid_argument')` for what they cannot do.
 */
export interface Codec {
  /** `application/json`: lower case, without parameters. */
  readonly contentType: string;
  /** @param schema what `@Handler` was given for this value, for formats that need one. */
  encode(value: unknown, schema?: unknown): Uint8Array;
  /** The value shares no memory with `bytes`, which may be reused afterwards. */
  decode(bytes: Uint8Array, schema?: unknown): unknown;
}

/** What a codec plugin declares. */
export interface CodecSupports {
  /** It can only encode what a schema describes. */
  readonly schema: boolean;
}
