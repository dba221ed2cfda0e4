import { metadata, noMetadata } from '@micro-ts/interface';
import type { Metadata } from '@micro-ts/interface';
import { contentTypeOf, fromHeaderText, isReserved } from '@micro-ts/wire';

/** What an answer's headers say. All else in them is not ours: go-micro sends requests' headers back. */
export interface AnswerHeaders {
  readonly contentType: string;
  /** go-micro's error JSON. */
  readonly error: string | undefined;
  /** The request was certainly not processed. */
  readonly refused: boolean;
  readonly draining: boolean;
  /** The body stands for one without bytes. */
  readonly empty: boolean;
  /** Bytes of the body; `undefined` if they are not announced. */
  readonly length: number | undefined;
  readonly metadata: Metadata;
}

/** Reads the headers as they came, name and value by turns. */
export function readAnswerHeaders(raw: readonly Buffer[]): AnswerHeaders {
  let contentType = '';
  let error: string | undefined;
  let refused = false;
  let draining = false;
  let empty = false;
  let length: number | undefined;
  let names: string | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const value = raw[at + 1] as Buffer;
    switch ((raw[at] as Buffer).toString('latin1').toLowerCase()) {
      case 'content-type':
        contentType = contentTypeOf(value.toString('latin1'));
        break;
      case 'content-length':
        length = Number(value.toString('latin1'));
        break;
      case 'micro-error':
      case 'x-micro-error':
        error ??= fromHeaderText(value.toString('latin1'));
        break;
      case 'micro-refused':
        refused = true;
        break;
      case 'micro-draining':
        draining = true;
        break;
      case 'micro-empty':
        empty = true;
        break;
      case 'micro-metadata':
        names = value.toString('latin1');
        break;
    }
  }
  const named = names === undefined ? noMetadata : pick(raw, names);
  return { contentType, error, refused, draining, empty, length, metadata: named };
}

function pick(raw: readonly Buffer[], names: string): Metadata {
  const wanted = new Set(names.toLowerCase().split(','));
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as Buffer).toString('latin1').toLowerCase();
    if (!wanted.has(name) || isReserved(name)) continue;
    pairs.push([name, fromHeaderText((raw[at + 1] as Buffer).toString('latin1'))]);
  }
  return metadata(pairs);
}
