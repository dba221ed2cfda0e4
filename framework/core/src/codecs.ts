import { MicroError } from '@micro-ts/interface';
import type { Codec } from '@micro-ts/interface';
import { bytesCodec } from './codec-bytes.ts';
import { jsonCodec } from './codec-json.ts';

/** The codecs of an app, by content type. The first one is what it sends unless told otherwise. */
export class Codecs {
  readonly default: Codec;
  readonly #byType = new Map<string, Codec>();

  /** @param extra come before JSON and bytes, which are always there. */
  constructor(extra: readonly Codec[]) {
    const all = [...extra, jsonCodec, bytesCodec];
    for (const codec of all)
      if (!this.#byType.has(codec.contentType)) this.#byType.set(codec.contentType, codec);
    this.default = all[0] as Codec;
  }

  /** @throws MicroError `invalid_argument` for a content type that nobody registered. */
  get(contentType: string): Codec {
    const codec = this.#byType.get(contentType);
    if (codec !== undefined) return codec;
    const known = [...this.#byType.keys()].join(', ');
    const what = contentType === '' ? 'no content type' : `unknown content type ${contentType}`;
    throw new MicroError('invalid_argument', `${what}; known are ${known}`);
  }

  /** The codec for a value that is sent: what was asked for, else bytes for bytes, else the default. */
  for(value: unknown, contentType: string | undefined): Codec {
    if (contentType !== undefined) return this.get(contentType);
    return value instanceof Uint8Array ? bytesCodec : this.default;
  }
}
