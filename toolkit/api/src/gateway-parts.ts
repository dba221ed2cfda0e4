import type { Edge, HttpServer } from '@micro-ts/edge';
import type { Access } from './access/index.ts';
import type { ApiSettings } from './options.ts';

/** What the gateway's routes are given. */
export interface GatewayParts {
  readonly edge: Edge;
  readonly settings: ApiSettings;
  readonly access: Access | undefined;
  /** Begun when it is to stop. */
  readonly drain: Pick<HttpServer['drain'], 'begun'>;
}
