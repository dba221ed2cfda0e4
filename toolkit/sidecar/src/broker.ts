import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Raw } from 'micro-ts';
import type { Guarantee } from 'micro-ts';
import { acceptSocket, eventMetadata, refusal, wantsSocket } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import { BrokerSocket } from './broker-socket.ts';
import { encodeFrame, publishedType } from './event-frame.ts';
import { openEventStream } from './event-stream.ts';
import { orAway } from './or-away.ts';
import { queryOf } from './query-of.ts';
import { TopicReader } from './topic-reader.ts';
import type { Hearing } from './topic-reader.ts';

/** What {@link broker} is given. */
export interface BrokerOptions {
  readonly edge: Edge;
}

/** Longest topic or queue, in characters. */
const longestName = 255;

/**
 * Fastify plugin: `/broker`, events in by `POST`, out as server-sent events, both by web socket.
 * Subscribed first and answered then, so that what cannot be subscribed to is an HTTP error, and who
 * is connected misses nothing.
 */
export async function broker(fastify: FastifyInstance, { edge }: BrokerOptions): Promise<void> {
  fastify.post('/broker', async (request, reply) => {
    const { topic } = hearingOf(request);
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    const event = new Raw(publishedType(request.headers['content-type'], body), body);
    const { key } = queryOf(request);
    const options = { metadata: eventMetadata(request, edge), key };
    await orAway('broker', edge.app.publish(topic, event, options));
    return reply.code(200).send();
  });
  fastify.get('/broker', { exposeHeadRoute: false }, async (request, reply) => {
    const reader = await TopicReader.open(edge.app, hearingOf(request));
    try {
      if (wantsSocket(request)) speak(edge, request, reply, reader);
      else tell(edge, reply, reader);
    } catch (error) {
      reader.close();
      throw error;
    }
    return reply;
  });
}

/** Sends events to a client that only listens. */
function tell(edge: Edge, reply: FastifyReply, reader: TopicReader): void {
  const stream = openEventStream(edge.streams, reply);
  stream.whenClosed(() => reader.close());
  reader.read((arrived) =>
    stream.send({ id: arrived.metadata['micro-id'], data: encodeFrame(arrived, 'json') }),
  );
}

/** Publishes what a client sends, and sends it what is published. */
function speak(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  reader: TopicReader,
): void {
  const { topic } = hearingOf(request);
  const type = request.headers['content-type'];
  const metadata = eventMetadata(request, edge);
  let end = (): void => undefined;
  const forget = edge.streams.add(() => end());
  const socket = acceptSocket(request, reply);
  const leave = (): void => {
    forget();
    reader.close();
  };
  if (socket === undefined) return leave();
  end = () => socket.close(1001, 'the sidecar is closing');
  socket.once('close', leave);
  const client = new BrokerSocket(socket, {
    format: queryOf(request)['format'] === 'json' ? 'json' : 'envelope',
    publish: (bytes) =>
      edge.app.publish(topic, new Raw(publishedType(type, bytes), bytes), { metadata }),
  });
  reader.read((arrived) => client.send(arrived));
}

function hearingOf(request: FastifyRequest): Hearing {
  const { topic, queue, delivery } = queryOf(request);
  if (topic === undefined || topic === '') throw refusal('invalid_argument', 'Topic not specified');
  for (const name of [topic, queue ?? ''])
    if (name.length > longestName || /[\s\p{Cc}]/u.test(name))
      throw refusal('invalid_argument', 'a topic or queue is no fit name');
  if (delivery !== undefined && delivery !== 'at-most-once' && delivery !== 'at-least-once')
    throw refusal('invalid_argument', 'delivery: should be at-most-once or at-least-once');
  return { topic, queue: queue || undefined, delivery: delivery as Guarantee | undefined };
}
