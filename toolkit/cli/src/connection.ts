import type { Micro } from '@micro-ts/commands';
import type { Globals } from './global-options.ts';

/** The running system that commands are given to, opened when it is first asked for. */
export interface Connection {
  /** Its verbs open it. */
  readonly micro: Micro;
  /** Quick, whatever hangs. */
  close(): Promise<void>;
}

type Opened = Micro & { close(): Promise<void> };

/** Longest that closing is waited for, in ms: what is left ends with the process. */
const patience = 2_000;

export function createConnection(globals: Pick<Globals, 'proxy' | 'token'>): Connection {
  let opened: Promise<Opened> | undefined;
  const open = () => (opened ??= connect(globals));
  return {
    micro: {
      call: async (...given) => (await open()).call(...given),
      publish: async (...given) => (await open()).publish(...given),
      subscribe: async (...given) => (await open()).subscribe(...given),
      deregister: async (node) => (await open()).deregister(node),
      register: async (...given) => (await open()).register(...given),
      lookup: async (...given) => (await open()).lookup(...given),
      list: async () => (await open()).list(),
      watch: async (...given) => (await open()).watch(...given),
    },
    async close() {
      const closing = opened?.then((app) => app.close()).catch(() => undefined);
      const late = new Promise((resolve) => setTimeout(resolve, patience).unref());
      await Promise.race([closing, late]);
    },
  };
}

async function connect({ proxy, token }: Pick<Globals, 'proxy' | 'token'>): Promise<Opened> {
  if (proxy !== undefined) {
    const { createProxyMicro } = await import('./proxy/proxy-micro.ts');
    return createProxyMicro(proxy, token);
  }
  // What fails is told in one line by the command itself; --log-level shows the rest.
  process.env['MICRO_LOG_LEVEL'] ??= 'silent';
  const { createApp } = await import('micro-ts');
  return createApp();
}
