import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { eventMetadata, openEventStream, wantsSocket } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import { encodeFrame } from './event-frame.ts';
import { hidingAddress } from './hiding-address.ts';
import { publishedEvent } from './published-event.ts';
import { readQuery } from './read-query.ts';
import { serveSocket } from './serve-socket.ts';
import { readSubscriptionQuery } from './subscription-query.ts';
import { TopicReader } from './topic-reader.ts';

/** What {@link broker} is given. */
export interface BrokerOptions {
  readonly edge: Edge;
}

/**
 * Fastify plugin: `/broker`, events in by `POST`, out as server-sent events, both by web socket.
 * Subscribed first and answered then, so that what cannot be subscribed to is an HTTP error, and who
 * is connected misses nothing.
 */
export async function broker(fastify: FastifyInstance, { edge }: BrokerOptions): Promise<void> {
  fastify.post('/broker', async (request, reply) => {
    // Of the rest only its form matters here: a client may have one address for both ways.
    const { topic } = readSubscriptionQuery(request);
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    const event = publishedEvent(request.headers['content-type'], body);
    const { key } = readQuery(request);
    const metadata = { ...eventMetadata(request, edge), ...idOf(request) };
    await hidingAddress('broker', edge.app.publish(topic, event, { metadata, key }));
    return reply.code(200).send();
  });
  fastify.get('/broker', { exposeHeadRoute: false }, async (request, reply) => {
    const query = readSubscriptionQuery(request);
    const reader = await TopicReader.open(edge.app, query);
    try {
      if (wantsSocket(request)) serveSocket(edge, request, reply, query, reader);
      else tell(edge, reply, reader);
    } catch (error) {
      reader.close();
      throw error;
    }
    return reply;
  });
}

/** What is published again says so by its id. */
const idOf = ({ headers }: FastifyRequest): Readonly<Record<string, string>> =>
  typeof headers['micro-id'] === 'string' ? { 'micro-id': headers['micro-id'] } : {};

/** Sends events to a client that only listens. */
function tell(edge: Edge, reply: FastifyReply, reader: TopicReader): void {
  const stream = openEventStream(edge.streams, reply);
  stream.whenClosed(() => reader.close());
  reader.read((arrived) => {
    const id = arrived.metadata['micro-id'];
    const sent = stream.send(() => ({ id, data: encodeFrame(arrived, 'json') }));
    return sent.catch((error: unknown) => {
      reader.close(); // before it gets the next one, and uses up its attempts
      throw error;
    });
  });
}
