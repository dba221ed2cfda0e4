import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Raw } from 'micro-ts';
import type { Edge } from './edge.ts';
import { failureOf } from './failure.ts';
import { encodeProblem } from './problem.ts';
import { streamFormat } from './stream-format.ts';
import { StreamWriter } from './stream-writer.ts';

/** An error that comes so soon, in ms, becomes the status of the answer. */
const patience = 250;

/**
 * Answers with the messages of a stream as they come, as server-sent events whose ids count from 1, or
 * in lines, see `StreamFormat`. It is read no faster than its client reads, and left when the client goes. Resolves
 * when it has ended.
 * @throws MicroError for what goes wrong before the answer has begun
 */
export async function answerStream(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  stream: AsyncIterable<Raw>,
): Promise<FastifyReply> {
  const iterator = stream[Symbol.asyncIterator]();
  const leave = (): void => void iterator.return?.().catch(() => undefined);
  let left = false;
  let forget: (() => void) | undefined;
  try {
    forget = edge.streams.add(request, () => {
      left = true;
      leave();
    });
    const first = iterator.next();
    await soon(first);
    const format = streamFormat(request.headers.accept);
    const writer = new StreamWriter(reply, format);
    let count = 0;
    try {
      // The answer to HEAD has no body, so nothing would hold an endless stream back.
      if (request.method !== 'HEAD')
        for (let step = await first; step.done !== true; step = await iterator.next())
          await writer.write(format.message(bufferOf(step.value.bytes), { id: ++count }));
      writer.end(left ? undefined : format.end); // without it, the client asks again
    } catch (error) {
      writer.end(format.failure(encodeProblem(request, failureOf(error))));
    }
  } finally {
    forget?.();
    leave();
  }
  return reply;
}

const bufferOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length);

/** Waits for a promise, but not for long. */
async function soon(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, patience)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
