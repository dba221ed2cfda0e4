import { MicroError } from '@micro-ts/interface';
import { isTagged } from '@micro-ts/wire';
import { listOf, objectOf, textOf, textsOf } from './json.ts';
import type { ConsulLink } from './link.ts';
import { fromConsul, pathOf } from './names.ts';
import { Reader } from './reader.ts';
import type { Reading } from './reader.ts';
import type { Answer } from './requests.ts';

/** Where the nodes of a service are, with all of their checks. */
export const healthOf = (service: string): string => `/v1/health/service/${pathOf(service)}`;

/** Where the names of all services are. */
export const servicesPath = '/v1/catalog/services';

/** Where all checks are that say that something is down. */
export const criticalPath = '/v1/health/state/critical';

/** The nodes of a service. */
export async function lookup(
  link: ConsulLink,
  service: string,
  reader = new Reader(link.report),
): Promise<Reading> {
  const answer = await link.ask({ path: healthOf(service) });
  checkSeen(link, service, answer);
  return reader.read(service, answer.value);
}

/**
 * Consul says nothing of what a token may not see, but for a hint.
 * @throws MicroError `permission_denied` if it hides all nodes there are
 */
export function checkSeen(
  { place }: ConsulLink,
  service: string,
  { filtered, value }: Answer,
): void {
  if (!filtered || listOf(value).length > 0) return;
  const why = `${place.name} hides the nodes of ${JSON.stringify(service.slice(0, 100))}`;
  throw new MicroError(
    'permission_denied',
    `${why}: consul.token needs service:read for it, and node:read`,
  );
}

/** The services of Micro with all tags of their nodes, by their names in Micro. */
export function servicesIn(value: unknown): ReadonlyMap<string, readonly string[]> {
  const services = new Map<string, readonly string[]>();
  for (const [name, given] of Object.entries(objectOf(value))) {
    const tags = textsOf(given);
    if (isTagged(tags)) services.set(fromConsul(name), tags);
  }
  return services;
}

/** What is down: services by their nodes' checks, and machines by their own, each with a key. */
export interface Critical {
  readonly key: string;
  /** As it stands in Micro; empty if it is a machine that is down. */
  readonly service: string;
  readonly machine: string;
}

/** What an answer of {@link criticalPath} says. */
export function criticalIn(value: unknown): readonly Critical[] {
  return listOf(value)
    .map(objectOf)
    .map((check) => {
      const [machine, id] = [textOf(check['Node']), textOf(check['CheckID'])];
      const service = fromConsul(textOf(check['ServiceName']));
      return { key: JSON.stringify([machine, id]), service, machine };
    });
}

/** Names of the services that these checks are about. */
export async function servicesOf(
  link: ConsulLink,
  checks: readonly Critical[],
): Promise<ReadonlySet<string>> {
  const found = new Set(checks.map(({ service }) => service).filter((name) => name !== ''));
  const machines = new Set(
    checks.filter(({ service }) => service === '').map(({ machine }) => machine),
  );
  for (const machine of machines) {
    const path = `/v1/catalog/node-services/${encodeURIComponent(machine)}`;
    const missing = (status: number): boolean => status === 404;
    const { value } = await link.ask({ path, missing });
    for (const each of listOf(objectOf(value)['Services']).map(objectOf)) {
      if (isTagged(textsOf(each['Tags']))) found.add(fromConsul(textOf(each['Service'])));
    }
  }
  return found;
}

/** Names of the services that have nodes, sorted. */
export async function list(link: ConsulLink): Promise<readonly string[]> {
  const [all, critical] = await Promise.all([
    link.ask({ path: servicesPath }),
    link.ask({ path: criticalPath }),
  ]);
  const names = new Set(servicesIn(all.value).keys());
  // Some of their nodes are down, or all.
  for (const service of await servicesOf(link, criticalIn(critical.value))) {
    if (!names.has(service)) continue;
    const { nodes } = await lookup(link, service);
    if (nodes.length === 0) names.delete(service);
  }
  return [...names].sort();
}
