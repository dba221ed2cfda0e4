import { startServer } from './start-server.ts';
import type { ServerKind } from './recipes.ts';

/** Name of the variable that says where a server runs already: `MICRO_TEST_ETCD_URL`. */
export const urlVariable = (kind: ServerKind): string => `MICRO_TEST_${kind.toUpperCase()}_URL`;

const started = new Map<ServerKind, Promise<string>>();

/**
 * Where tests find a server that they share with others and leave as it is: what
 * `MICRO_TEST_<KIND>_URL` says, else one that is started for this process.
 */
export function serverUrl(kind: ServerKind): Promise<string> {
  const given = process.env[urlVariable(kind)];
  if (given !== undefined && given !== '') return Promise.resolve(given);
  const known = started.get(kind) ?? startServer(kind).then(({ url }) => url);
  started.set(kind, known);
  return known;
}
