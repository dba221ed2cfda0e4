import { startFaultProxy, startServer } from '@micro-ts/testing/servers';
import type { FaultProxy, ServerKind, TestServer } from '@micro-ts/testing/servers';
import { createApp } from 'micro-ts';
import type { App, Config } from 'micro-ts';
import { configOf, through } from './infrastructure.ts';
import type { PlayedRole } from './infrastructure.ts';
import { Members } from './members.ts';
import { until } from './until.ts';

/** What a scenario plays on: a server, a link to it, processes, and apps in this process. */
export class Stage {
  readonly server: TestServer;
  readonly link: FaultProxy;
  readonly members = new Members();
  readonly config: Config;
  readonly on: string;
  readonly #apps: App[] = [];

  private constructor(role: PlayedRole, kind: ServerKind, server: TestServer, link: FaultProxy) {
    this.server = server;
    this.link = link;
    this.on = `${role} ${kind}`;
    this.config = configOf(role, kind, through(server.url, link.port), this.members.folder);
  }

  /** Starts the server and the link. */
  static async set(role: PlayedRole, kind: ServerKind): Promise<Stage> {
    const server = await startServer(kind, { keepData: true });
    return new Stage(role, kind, server, await startFaultProxy(server.port));
  }

  /** An app of this process. */
  async app(): Promise<App> {
    const app = await createApp({ ...this.config, log: 'silent' });
    this.#apps.push(app);
    return app;
  }

  /** Resolves when an app sees so many nodes; with how long that took, in ms. */
  sees(app: App, nodes: number, ms = 30_000): Promise<number> {
    const seen = async (): Promise<boolean> => {
      const found = await app.lookup('ledger').catch(() => []);
      return found.length === nodes;
    };
    return until(`${nodes} nodes of ledger on ${this.on}`, seen, ms);
  }

  /** Ids that were written down more than once. */
  doubled(): number {
    return [...this.members.counts().values()].filter((count) => count > 1).length;
  }

  async clear(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close()));
    await this.members.close();
    await this.link.close();
    await this.server.close();
  }
}

/** Sets the stage, plays, and clears it. */
export async function play<T>(
  role: PlayedRole,
  kind: ServerKind,
  scene: (stage: Stage) => Promise<T>,
): Promise<T> {
  const stage = await Stage.set(role, kind);
  try {
    const result = await scene(stage);
    const { unhandled } = stage.members.logs();
    if (unhandled.length > 0) throw new Error(unhandled.join('\n'));
    return result;
  } catch (error) {
    process.stderr.write(stage.members.logs().all.join('\n'));
    throw error;
  } finally {
    await stage.clear();
  }
}

/** Whether each part of an app is up, also those that it can do without for a while. */
export const isUp = (app: App): boolean => Object.values(app.health().parts).every(({ up }) => up);

/** When an app said for the first time that a part of it is down, in ms from now. */
export function downOf(app: App): { readonly after: () => number | undefined; stop(): void } {
  const began = performance.now();
  let after: number | undefined;
  const timer = setInterval(() => {
    if (after === undefined && !isUp(app)) after = performance.now() - began;
  }, 10);
  return { after: () => after, stop: () => clearInterval(timer) };
}
