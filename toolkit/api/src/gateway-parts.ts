import type { Edge } from '@micro-ts/edge';
import type { Access } from './access/index.ts';
import type { ApiSettings } from './options.ts';

/** What the gateway's routes are given. */
export interface GatewayParts {
  readonly edge: Edge;
  readonly settings: ApiSettings;
  readonly access: Access | undefined;
  /** Told when it begins to stop. */
  readonly state: { readonly draining: boolean };
  /** Told of errors that are the gateway's own. */
  readonly problem: (error: unknown) => void;
}
