import { noMetadata } from '@micro-ts/interface';
import type { Logger } from '@micro-ts/interface';
import type { CurrentContext } from './context.ts';
import type { Health } from './health.ts';
import { ServedEndpoint } from './served-endpoint.ts';
import type { Server } from './server.ts';
import type { EndpointFigures, LoopDelay } from './stats.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What `Debug.Stats` answers: go-micro's figures, and ours. Times in seconds there, in ms here. */
export interface DebugStats {
  /** Seconds since 1970 when the app started. */
  readonly started: number;
  /** Seconds since then. */
  readonly uptime: number;
  /** Resident memory in bytes. */
  readonly memory: number;
  readonly threads: number;
  /** Nanoseconds spent in garbage collection; not measured, so 0. */
  readonly gc: number;
  /** How late the event loop is, in ms. */
  readonly event_loop: { readonly mean: number; readonly p99: number; readonly max: number };
  readonly endpoints: Readonly<Record<string, EndpointFigures>>;
}

/** What the debug endpoints read. */
export interface DebugParts {
  readonly server: Server;
  readonly subscriptions: Subscriptions;
  readonly health: Health;
  readonly loop: LoopDelay;
  readonly current: CurrentContext;
  readonly logger: Logger;
}

/** Adds `Debug.Health` and `Debug.Stats` to a service. No registry lists them. */
export function serveDebug(service: string, parts: DebugParts): void {
  const { server, health } = parts;
  const startedAt = Date.now();
  const began = performance.now();
  const stats = (): DebugStats => ({
    started: Math.floor(startedAt / 1000),
    uptime: Math.floor((performance.now() - began) / 1000),
    memory: process.memoryUsage.rss(),
    threads: 1,
    gc: 0,
    event_loop: parts.loop.snapshot(),
    endpoints: figures(service, parts),
  });
  const methods = { 'Debug.Health': () => health.snapshot(), 'Debug.Stats': stats };
  for (const [name, method] of Object.entries(methods)) {
    const endpoint = { name, kind: 'unary', metadata: noMetadata } as const;
    const own = { service, endpoint, method, debug: true, check: undefined, interceptors: [] };
    server.add(new ServedEndpoint({ ...parts, ...own }));
  }
}

function figures(
  service: string,
  { server, subscriptions }: DebugParts,
): Record<string, EndpointFigures> {
  const handlers = [...(server.endpoints(service)?.values() ?? [])].filter(({ debug }) => !debug);
  const own = [...subscriptions.served].filter((served) => served.service === service);
  return Object.fromEntries(
    [...handlers, ...own].map(({ endpoint, stats }) => [endpoint.name, stats.snapshot()]),
  );
}
