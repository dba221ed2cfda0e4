import { MicroError } from 'micro-ts';
import type { ErrorCode } from 'micro-ts';

/** `origin` of the errors that are made here, and so may be told as they are. */
export const origin = 'micro.edge';

/** An error of the edge itself: nothing was called. */
export const refusal = (code: ErrorCode, text: string): MicroError =>
  new MicroError(code, text, { origin, refused: true });

/** A refusal that HTTP has a status for, and a header that says what would do. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(statusCode: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.statusCode = statusCode;
    this.headers = headers;
  }
}

/** The status 405. @param methods those that there are */
export function methodRefusal(methods: readonly string[]): HttpRefusal {
  const allow = [...new Set(methods)].join(', ');
  return new HttpRefusal(405, `only ${allow} here`, { allow });
}

/** A name of somebody out there, as errors show it. */
export const shown = (name: string): string =>
  name.length <= 100 ? name : `${name.slice(0, 100)}…`;
