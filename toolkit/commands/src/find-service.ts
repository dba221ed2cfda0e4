import { MicroError } from 'micro-ts';
import type { Endpoint, Node } from 'micro-ts';
import type { Micro } from './command.ts';
import { misuse } from './misuse.ts';
import { didYouMean } from './nearest.ts';

/** The nodes of a service. @throws MicroError `not_found`, with what was probably meant */
export async function findService(micro: Micro, service: string): Promise<readonly Node[]> {
  const nodes = await micro.lookup(service);
  if (nodes.length > 0) return nodes;
  const others = await micro.list();
  const hint = others.length === 0 ? '. Nothing is registered at all' : didYouMean(service, others);
  throw new MicroError('not_found', `Service not found: ${service}${hint}`);
}

/** Nodes by their versions, in the order in which the registry has them. */
export function byVersion(nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const versions = new Map<string, Node[]>();
  for (const node of nodes) {
    const those = versions.get(node.version);
    if (those === undefined) versions.set(node.version, [node]);
    else those.push(node);
  }
  return versions;
}

/** What can be called of some nodes, by name. */
export function endpointsOf(nodes: readonly Node[]): ReadonlyMap<string, Endpoint> {
  const found = new Map<string, Endpoint>();
  for (const { endpoints } of nodes)
    for (const endpoint of endpoints)
      if (endpoint.kind !== 'event' && !found.has(endpoint.name))
        found.set(endpoint.name, endpoint);
  return found;
}

/**
 * The endpoint that somebody means by `hello`, `greeter.hello`, `greeter/hello` or `Greeter.Hello`.
 * @returns `undefined` for a full name that is not listed: the service may have it all the same
 * @throws MicroError `not_found`, or `invalid_argument` for a method that two prefixes have
 */
export function findEndpoint(
  endpoints: ReadonlyMap<string, Endpoint>,
  given: string,
  service: string,
): Endpoint | undefined {
  const exact = endpoints.get(given);
  if (exact !== undefined) return exact;
  const wanted = given.replaceAll('/', '.').toLowerCase();
  const all = [...endpoints.values()];
  const [found, another] = all.filter(({ name }) => {
    const full = name.toLowerCase();
    return full === wanted || full.slice(full.indexOf('.') + 1) === wanted;
  });
  if (found !== undefined && another !== undefined)
    throw misuse(`${given} can be ${found.name} or ${another.name}. Write the one that you mean`);
  if (found !== undefined || given.includes('.')) return found;
  const names = [...endpoints.keys()];
  if (names.length === 0)
    throw new MicroError(
      'not_found',
      `${service} lists no endpoints, so ${given} has to be its full name, such as Greeter.Hello`,
    );
  const hint =
    didYouMean(
      given,
      names.flatMap((name) => [name, name.slice(name.indexOf('.') + 1)]),
    ) || `. It has ${names.join(', ')}`;
  throw new MicroError('not_found', `${service} has no endpoint ${given}${hint}`);
}
