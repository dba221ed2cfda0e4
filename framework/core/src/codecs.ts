import { MicroError } from '@micro-ts/interface';
import type { Codec } from '@micro-ts/interface';
import { bytesCodec } from './codec-bytes.ts';
import { jsonCodec } from './codec-json.ts';
import { Raw } from './raw.ts';

/** The codecs of an app, by content type, and the size of what they may make. */
export class Codecs {
  readonly #default: Codec;
  readonly #byType = new Map<string, Codec>();
  readonly #most: number;

  /**
   * @param extra come before JSON and bytes, which are always there; the first one is what is sent
   * unless told otherwise
   * @param most largest encoded value, in bytes
   */
  constructor(extra: readonly Codec[], most: number) {
    const all = [...extra, jsonCodec, bytesCodec];
    for (const codec of all)
      if (!this.#byType.has(codec.contentType)) this.#byType.set(codec.contentType, codec);
    this.#default = all[0] as Codec;
    this.#most = most;
  }

  /** @throws MicroError `invalid_argument` for a content type that nobody registered. */
  get(contentType: string): Codec {
    const codec = this.#byType.get(contentType);
    if (codec !== undefined) return codec;
    const known = [...this.#byType.keys()].join(', ');
    const unknown = `unknown content type ${contentType.slice(0, 100)}`;
    const what = contentType === '' ? 'no content type' : unknown;
    throw new MicroError('invalid_argument', `${what}; known are ${known}`);
  }

  /** The codec for a value that is sent: what was asked for, else bytes for bytes, else the default. */
  for(value: unknown, contentType: string | undefined): Codec {
    if (contentType !== undefined) return this.get(contentType);
    return value instanceof Uint8Array ? bytesCodec : this.#default;
  }

  /**
   * The bytes of a value; those of `Raw` as they are.
   * @throws MicroError `resource_exhausted` if they are too many
   */
  encode(codec: Codec, value: unknown): Uint8Array {
    const bytes = value instanceof Raw ? bytesOf(value, codec) : codec.encode(value);
    return this.bounded(bytes);
  }

  /** @throws MicroError `resource_exhausted` if it is larger than a message may be. */
  bounded(bytes: Uint8Array): Uint8Array {
    if (bytes.length <= this.#most) return bytes;
    const text = `a message of ${bytes.length} bytes is too large; ${this.#most} are the most`;
    throw new MicroError('resource_exhausted', text);
  }
}

/** One message of a stream has the content type of all. */
function bytesOf({ contentType, bytes }: Raw, codec: Codec): Uint8Array {
  if (contentType === codec.contentType) return bytes;
  const text = `${contentType} in a stream of ${codec.contentType}: say so with contentType`;
  throw new MicroError('invalid_argument', text);
}
