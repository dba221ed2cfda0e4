import type { Directory, Target } from '@micro-ts/edge';
import type { FastifyRequest } from 'fastify';
import type { Filters } from 'micro-ts';
import { refusal } from '@micro-ts/edge';

/** The header by which a client asks for one version of a service. */
const header = 'micro-version';

/** Narrows a target to the version that the request asks for, if it asks for one. */
export type InVersion = (request: FastifyRequest, target: Target) => Target;

/** @throws MicroError `not_found` if no node has the version */
export function createVersions(directory: Directory): InVersion {
  // Core works out once what passes a filter: the same object each time.
  const filters = new Map<string, Filters>();
  return ({ headers }, target) => {
    const version = headers[header];
    if (version === undefined) return target;
    const { service } = target;
    const nodes = directory.service(service)?.nodes ?? [];
    if (typeof version !== 'string' || !nodes.some((node) => node.version === version))
      throw refusal('not_found', `no node of ${service} has the version that is asked for`);
    let filter = filters.get(version);
    if (filter === undefined) {
      if (filters.size > 1_000) filters.clear();
      filters.set(version, (filter = { version }));
    }
    return { ...target, filters: filter };
  };
}
