import type { FastifyRequest } from 'fastify';
import type { Filters } from 'micro-ts';
import type { Directory } from './directory.ts';
import type { CallTarget } from './find-endpoint.ts';
import { refusal } from './refusal.ts';

/** The header by which a client asks for one version of a service. */
const header = 'micro-version';
/** Most versions that are remembered. */
const most = 1_000;

/** The nodes that a request means: those of the version that it asks for, else of the target. */
export type VersionRule = (request: FastifyRequest, target: CallTarget) => Filters | undefined;

/** @throws MicroError `not_found` if no node has the version */
export function createVersionRule(directory: Directory): VersionRule {
  // Core works out once what passes a filter: the same object each time.
  const known = new Map<string, Filters>();
  return ({ headers }, { service, filters }) => {
    const version = headers[header];
    if (version === undefined) return filters;
    const nodes = directory.service(service)?.nodes ?? [];
    if (typeof version !== 'string' || !nodes.some((node) => node.version === version))
      throw refusal('not_found', `no node of ${service} has the version that is asked for`);
    let filter = known.get(version);
    if (filter === undefined) {
      if (known.size >= most) known.clear();
      known.set(version, (filter = { version }));
    }
    return filter;
  };
}
