import type { Directory } from './directory.ts';
import { findEndpoint } from './find-endpoint.ts';
import type { CallTarget } from './find-endpoint.ts';
import { resolvePath } from './resolve-path.ts';
import type { PathOptions } from './resolve-path.ts';
import { majorOf } from './versions.ts';

/** Most paths that are remembered. */
const most = 2_000;

/** Finds what a path means, and remembers it until something changes. */
export type PathFinder = (path: string) => CallTarget;

/** What {@link createPathFinder} can be told. */
export interface FindOptions extends PathOptions {
  /**
   * Services that are registered without any endpoints have whichever is asked for: few that are
   * written in other languages list theirs. Default false.
   */
  readonly unlisted?: boolean;
}

/**
 * Finds endpoints by paths, see `resolvePath`; names that differ in case only are found too.
 * `/v1/foo/bar` is for a service `v1.foo`, else for the newest nodes of `foo` whose version is `1.…`.
 */
export function createPathFinder(directory: Directory, options: FindOptions = {}): PathFinder {
  const known = new Map<string, CallTarget>();
  let version = -1;
  return (path) => {
    if (version !== directory.version || known.size > most) known.clear();
    version = directory.version;
    let target = known.get(path);
    if (target === undefined) known.set(path, (target = findByPath(directory, path, options)));
    return target;
  };
}

/** @throws MicroError see `resolvePath` and `findEndpoint` */
function findByPath(directory: Directory, path: string, options: FindOptions): CallTarget {
  const { service, endpoint, versioned } = resolvePath(path, options);
  const { unlisted } = options;
  if (versioned !== undefined && directory.service(service) === undefined) {
    const nodes = directory.service(versioned.service)?.nodes ?? [];
    const node = nodes.find(({ version }) => majorOf(version) === versioned.major);
    if (node !== undefined) {
      const target = findEndpoint(directory, versioned.service, endpoint, unlisted);
      return { ...target, filters: { version: node.version } };
    }
  }
  return findEndpoint(directory, service, endpoint, unlisted);
}
