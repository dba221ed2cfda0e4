import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptSocket, eventMetadata } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import { readAnswer } from './answer-frame.ts';
import { BrokerSocket } from './broker-socket.ts';
import { encodeFrame } from './event-frame.ts';
import { EventsInHand } from './events-in-hand.ts';
import { hidingAddress } from './hiding-address.ts';
import { limitBytes } from './limit-bytes.ts';
import { publishedEvent } from './published-event.ts';
import { readQuery } from './read-query.ts';
import type { SubscriptionQuery } from './subscription-query.ts';
import type { EventSink, TopicReader } from './topic-reader.ts';

type WebSocket = NonNullable<ReturnType<typeof acceptSocket>>;

/**
 * Accepts a web socket, and serves a subscription over it. Its frames are published; where each event
 * has to be acknowledged, they are its answers.
 */
export function serveSocket(
  edge: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  query: SubscriptionQuery,
  reader: TopicReader,
): void {
  let end = (): void => undefined;
  const forget = edge.streams.add(request, () => end());
  const socket = acceptSocket(request, reply);
  if (socket === undefined) {
    forget();
    return reader.close();
  }
  end = () => socket.close(1001, 'the sidecar is closing');
  socket.once('close', () => {
    forget();
    reader.close();
  });
  if (query.delivery === 'at-least-once') answered(socket, query, reader);
  else exchanged(socket, edge, request, query, reader);
}

/** Sends events, and publishes what is sent. */
function exchanged(
  socket: WebSocket,
  edge: Edge,
  request: FastifyRequest,
  { topic, format }: SubscriptionQuery,
  reader: TopicReader,
): void {
  const type = request.headers['content-type'];
  const options = { metadata: eventMetadata(request, edge), key: readQuery(request)['key'] };
  const client = new BrokerSocket(socket, async (bytes) => {
    const event = publishedEvent(type, bytes);
    await hidingAddress('broker', edge.app.publish(topic, event, options));
  });
  reader.read((arrived) => client.send(() => encodeFrame(arrived, format)));
}

/**
 * Sends events that the client acknowledges or rejects. It is let go if it leaves one unanswered, or
 * has too much in hand.
 */
function answered(
  socket: WebSocket,
  { timeout, format }: SubscriptionQuery,
  reader: TopicReader,
): void {
  const client = new BrokerSocket(socket, async (bytes) => inHand.answer(readAnswer(bytes)));
  const leave = (): void => {
    reader.close();
    inHand.end();
  };
  const refuse = (reason: unknown): void => {
    client.refuse(reason);
    leave(); // who does not answer events may not answer the closing either
  };
  const inHand = new EventsInHand(timeout, refuse);
  socket.once('close', leave);
  const send: EventSink = (arrived) =>
    new Promise((resolve, reject) => {
      const encode = (): string => {
        const { id, answered } = inHand.add();
        answered.then(resolve, reject);
        return encodeFrame(arrived, format, id);
      };
      client.send(encode).catch((error: unknown) => {
        leave(); // before it gets the next one, and uses up its attempts
        reject(error as Error);
      });
    });
  reader.read(limitBytes(send, refuse));
}
