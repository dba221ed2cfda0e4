import type { Settings } from './app-options.ts';
import type { Caller } from './caller.ts';
import type { Container } from './container.ts';
import type { CurrentContext } from './context.ts';
import type { Deadlines } from './deadlines.ts';
import type { EventPublisher } from './event-publisher.ts';
import type { Health } from './health.ts';
import type { InProcess } from './in-process.ts';
import type { Resolver } from './resolver.ts';
import type { OpenRoles } from './roles.ts';
import type { ServedService } from './served-service.ts';
import type { Server } from './server.ts';
import type { LoopDelay } from './stats.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Everything that an app consists of, built and not yet started. */
export interface BuiltApp {
  readonly name: string;
  readonly id: string;
  readonly settings: Settings;
  readonly roles: OpenRoles;
  readonly health: Health;
  readonly server: Server;
  readonly inProcess: InProcess;
  readonly resolver: Resolver;
  readonly caller: Caller;
  readonly deadlines: Deadlines;
  readonly publisher: EventPublisher;
  readonly subscriptions: Subscriptions;
  readonly services: readonly ServedService[];
  readonly container: Container;
  readonly loop: LoopDelay;
  readonly current: CurrentContext;
}
