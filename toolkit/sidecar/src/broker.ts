import '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Raw } from 'micro-ts';
import type { App, Guarantee, Metadata } from 'micro-ts';
import type { MetadataRules } from '@micro-ts/edge';
import { BrokerSocket } from './broker-socket.ts';
import { encodeFrame, publishedType } from './event-frame.ts';
import { openEventStream } from './event-stream.ts';
import { refusal } from './failures.ts';
import type { OpenConnection, OpenConnections } from './open-connections.ts';
import { queryOf } from './query-of.ts';
import { TopicReader } from './topic-reader.ts';
import type { Hearing } from './topic-reader.ts';

/** What {@link broker} is given. */
export interface BrokerOptions {
  readonly app: App;
  readonly metadata: MetadataRules;
  readonly open: OpenConnections;
}

/** One who subscribes, from the request on. */
interface Subscriber {
  readonly reader: TopicReader;
  readonly connection: OpenConnection;
}

/** Longest topic or queue, in characters. */
const longestName = 255;

/** Fastify plugin: `/broker`, events in and out. */
export async function broker(fastify: FastifyInstance, options: BrokerOptions): Promise<void> {
  const { app } = options;
  const subscribers = new WeakMap<FastifyRequest, Subscriber>();
  const subscriberOf = (request: FastifyRequest): Subscriber => {
    const found = subscribers.get(request);
    if (found === undefined) throw refusal('internal', 'nobody has subscribed');
    return found;
  };
  fastify.post('/broker', async (request, reply) => {
    const { topic } = hearingOf(request);
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    const event = new Raw(publishedType(request.headers['content-type'], body), body);
    const { key } = queryOf(request);
    await app.publish(topic, event, { metadata: eventMetadata(request, options), key });
    return reply.code(200).send();
  });
  fastify.route({
    method: 'GET',
    url: '/broker',
    exposeHeadRoute: false,
    // Before the upgrade, so that a subscription that cannot be had is an HTTP error.
    preHandler: async (request, reply) => {
      subscribers.set(request, await subscribe(request, reply, options));
    },
    handler: async (request, reply) => {
      const subscriber = subscriberOf(request);
      const stream = openEventStream(reply);
      subscriber.connection.end = () => stream.close();
      subscriber.reader.read((arrived) =>
        stream.send({ id: arrived.metadata['micro-id'], data: encodeFrame(arrived, 'json') }),
      );
      return reply;
    },
    wsHandler: (socket, request) => {
      const { format } = queryOf(request);
      const { topic } = hearingOf(request);
      const subscriber = subscriberOf(request);
      const type = request.headers['content-type'];
      const metadata = eventMetadata(request, options);
      const client = new BrokerSocket(socket, {
        format: format === 'json' ? 'json' : 'envelope',
        publish: (bytes) =>
          app.publish(topic, new Raw(publishedType(type, bytes), bytes), { metadata }),
      });
      subscriber.connection.end = () => client.close(1001, 'the sidecar is closing');
      subscriber.reader.read((arrived) => client.send(arrived));
    },
  });
}

/** Subscribes for as long as the connection of a request is there. */
async function subscribe(
  request: FastifyRequest,
  reply: FastifyReply,
  { app, open }: BrokerOptions,
): Promise<Subscriber> {
  const hearing = hearingOf(request);
  const { socket } = request.raw;
  const connection = open.enter(() => socket.destroy());
  let reader: TopicReader | undefined;
  let gone = false;
  const finish = (): void => {
    gone = true;
    connection.leave();
    reader?.close();
  };
  socket.once('close', finish);
  reply.raw.once('close', finish);
  try {
    reader = await TopicReader.open(app, hearing);
  } catch (error) {
    connection.leave();
    throw error;
  }
  if (gone) reader.close();
  return { reader, connection };
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

/** An event is for everybody who subscribes, which a password is not. */
function eventMetadata(request: FastifyRequest, { metadata }: BrokerOptions): Metadata {
  const { authorization: _, ...rest } = metadata(request);
  return rest;
}
