import type { ServerResponse } from 'node:http';
import { MicroError } from '@micro-ts/interface';
import type { Lifetime } from '@micro-ts/interface';
import { encodeError } from '@micro-ts/wire';

/** Content type of a stream of JSON values, one a line. */
export const lineType = 'application/x-ndjson';

const newline = Buffer.from('\n');

/**
 * Writes a stream of JSON values as lines, no faster than they are read. If it breaks, the last line is
 * the error, and the body stays without its end, so that nobody takes it for whole.
 */
export async function writeLines(
  response: ServerResponse,
  values: AsyncIterable<Uint8Array>,
  lifetime: Lifetime,
): Promise<void> {
  response.flushHeaders();
  try {
    for await (const value of values) {
      if (!response.write(Buffer.concat([value, newline]))) await drained(response, lifetime);
    }
    response.end();
  } catch (error) {
    if (response.destroyed) return;
    const text = encodeError(MicroError.from(error));
    response.write(`{"error":${text}}\n`, () => response.destroy());
  }
}

/** Resolves when there is room again; rejects when the call ends before. */
function drained(response: ServerResponse, lifetime: Lifetime): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = (): void => {
      lifetime.offEnd(onEnd);
      resolve();
    };
    const onEnd = (reason: MicroError): void => {
      response.off('drain', onDrain);
      reject(reason);
    };
    response.once('drain', onDrain);
    lifetime.onEnd(onEnd);
  });
}
