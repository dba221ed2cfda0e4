import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Node } from 'micro-ts';
import { openEventStream, refusal } from '@micro-ts/edge';
import type { Edge } from '@micro-ts/edge';
import { plainAddress } from '@micro-ts/wire';
import { hidingAddress } from './hiding-address.ts';
import { probeOf } from './probe.ts';
import { readDuration } from './read-duration.ts';
import { readQuery } from './read-query.ts';
import { readService } from './read-service.ts';
import { usualTtl } from './registration.ts';
import type { Registrations } from './registrations.ts';
import { serviceRecords } from './service-records.ts';
import { tellLatest } from './tell-latest.ts';

type EventStream = ReturnType<typeof openEventStream>;

/** What {@link registry} is given. */
export interface RegistryOptions {
  readonly edge: Edge;
  readonly registrations: Registrations;
  /** Hosts that health checks may ask besides the app's own. */
  readonly healthcheckHosts: readonly string[];
}

/** Fastify plugin: `/registry`, go-micro's records in and out. */
export async function registry(fastify: FastifyInstance, options: RegistryOptions): Promise<void> {
  const { edge, registrations, healthcheckHosts } = options;
  const { app } = edge;
  fastify.get('/registry', async (request, reply) => {
    const service = readQuery(request)['service'];
    if (request.headers.accept?.includes('text/event-stream') === true)
      return watch(options, reply, service);
    if (service === undefined)
      return serviceRecords(await hidingAddress('registry', everything(edge)));
    const nodes = await hidingAddress('registry', app.lookup(service));
    if (nodes.length === 0) throw refusal('not_found', 'Service not found');
    return serviceRecords(nodes);
  });
  fastify.post('/registry', async (request, reply) => {
    const ttl = readDuration('ttl', readQuery(request)['ttl'], usualTtl);
    const requests = readService(bodyOf(request), hostOf(request)).map(({ node, healthcheck }) => ({
      ...{ node, ttl, healthcheck },
      probe: probeOf(node, healthcheck, healthcheckHosts),
    }));
    const problems = await Promise.all(requests.map((each) => registrations.register(each)));
    const waiting = requests.flatMap(({ node }, at) =>
      problems[at] === undefined ? [] : [{ id: node.id, reason: problems[at] }],
    );
    if (waiting.length === 0) return reply.code(200).send();
    return reply.code(202).send({ waiting });
  });
  fastify.delete('/registry', async (request, reply) => {
    const nodes = readService(bodyOf(request), hostOf(request));
    const gone = nodes.map(({ node }) => registrations.deregister(node));
    await hidingAddress('registry', Promise.all(gone));
    return reply.code(200).send();
  });
}

/** Where a request comes from. */
const hostOf = ({ ip }: FastifyRequest): string => plainAddress(ip);

const bodyOf = ({ body }: FastifyRequest): Buffer =>
  (body as Buffer | undefined) ?? Buffer.alloc(0);

/** All nodes: the registry says which services there are, the directory what they are. */
async function everything({ app, directory }: Edge): Promise<readonly Node[]> {
  const names = await app.list();
  const nodes = await Promise.all(
    names.map((name) => {
      const known = directory.service(name)?.nodes ?? [];
      return known.length > 0 ? known : app.lookup(name);
    }),
  );
  return nodes.flat();
}

/**
 * Tells what is registered, and then each service that changes: all of it, or none if it is gone.
 * Watched first and answered then, so that what cannot be watched is an HTTP error.
 */
async function watch(
  { edge: { app, streams } }: RegistryOptions,
  reply: FastifyReply,
  service: string | undefined,
): Promise<FastifyReply> {
  let begin: (stream: EventStream) => void = () => undefined;
  const begun = new Promise<EventStream>((resolve) => (begin = resolve));
  const listener = tellLatest(async (name, nodes) => {
    const stream = await begun;
    const data = JSON.stringify({ name, services: serviceRecords(nodes) });
    await stream.send(() => ({ event: 'service', data }));
  });
  const watching = await hidingAddress('registry', app.watch(listener, service));
  const leave = (): void => void watching.close().catch(() => undefined);
  try {
    const stream = openEventStream(streams, reply);
    stream.whenClosed(leave);
    begin(stream);
    return reply;
  } catch (error) {
    leave();
    throw error;
  }
}
