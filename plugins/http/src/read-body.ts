import type { IncomingMessage } from 'node:http';
import { MicroError } from '@micro-ts/interface';

/** Told once: with the whole body, or with why there is none. */
export type BodyListener = (error: MicroError | undefined, body: Uint8Array) => void;

/**
 * Reads a body to its end. As soon as it is known to be larger than `most` bytes, nothing more of it is
 * kept, and `done` is told `resource_exhausted`. If the peer goes away, `done` is never called.
 */
export function readBody(request: IncomingMessage, most: number, done: BodyListener): void {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > most) return done(tooLarge(most), nothing);
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > most) {
      stop();
      done(tooLarge(most), nothing);
    } else if (first === undefined) first = chunk;
    else (rest ??= [first]).push(chunk);
  };
  const onEnd = (): void => {
    stop();
    done(undefined, rest === undefined ? (first ?? nothing) : Buffer.concat(rest, size));
  };
  const stop = (): void => {
    request.off('data', onData);
    request.off('end', onEnd);
  };
  request.on('data', onData);
  request.on('end', onEnd);
}

const nothing = new Uint8Array(0);

const tooLarge = (most: number): MicroError =>
  new MicroError('resource_exhausted', `the message is larger than ${most} bytes`);
