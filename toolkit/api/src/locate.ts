import { createLocate, isIn, refusal } from '@micro-ts/edge';
import type { Edge, Locate } from '@micro-ts/edge';
import type { Mount } from './options.ts';
import { createVersions } from './service-version.ts';

/**
 * Works out which endpoint a request below a mount is for, and in which version.
 * @throws MicroError for none, or one outside of the mount's namespace
 */
export function locateBelow({ path, namespace }: Mount, edge: Edge): Locate {
  const locate = createLocate(edge, { namespace }, path === '/' ? '' : path);
  const inVersion = createVersions(edge.directory);
  const mine = isIn(namespace);
  return (request) => {
    const match = locate(request);
    // Routes that services ask for say nothing of namespaces.
    if (!mine(match.target.service)) throw refusal('not_found', 'no service here has this path');
    const target = inVersion(request, match.target);
    return target === match.target ? match : { ...match, target };
  };
}
