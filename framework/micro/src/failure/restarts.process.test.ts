import { setTimeout as pause } from 'node:timers/promises';
import local from '@micro-ts/local';
import { closable } from '@micro-ts/interface';
import type { Configured, Registry, Services } from '@micro-ts/interface';
import { Cluster, Load, protocols, ranTwice, report } from './cluster.test.fixture.ts';
import type { Protocol } from './cluster.test.fixture.ts';

/** The registry of a folder, whose news come `ms` late. */
function late(folder: string, ms: number): Configured<'registry'> {
  const punctual = local({ folder });
  return {
    ...punctual,
    open(context) {
      const opened = punctual.open(context);
      return {
        create: (role, surroundings) => {
          const registry: Registry = opened.create(role, surroundings);
          const { watch } = registry;
          return {
            register: (node, ttl) => registry.register(node, ttl),
            deregister: (node) => registry.deregister(node),
            lookup: (service) => registry.lookup(service),
            list: () => registry.list(),
            watch: async (listener, service) => {
              let first = true;
              const timers = new Set<NodeJS.Timeout>();
              const delayed = (changed: Services): void => {
                if (first) return listener(changed);
                const timer = setTimeout(() => (timers.delete(timer), listener(changed)), ms);
                timers.add(timer);
              };
              const inner = await watch?.call(registry, delayed, service);
              first = false;
              const outer = closable(async () => {
                for (const timer of timers) clearTimeout(timer);
                await inner?.close();
              });
              void inner?.closed.then(outer.lose);
              return outer;
            },
          };
        },
        close: () => opened.close(),
      };
    },
  };
}

const restarts = 10;

async function restart(protocol: Protocol, delay: number) {
  const cluster = new Cluster(protocol, { grace: protocol === 'HTTP' ? 600 : 0 });
  const nodes = [await cluster.node(), await cluster.node()];
  const registry = late(`${cluster.folder}/r`, delay);
  const client = await cluster.client(2, delay > 0 ? { registry } : {});
  const load = new Load((id) => client.add({ id, ms: 10 }));
  for (let round = 0; round < restarts; round++) {
    await pause(300);
    const node = nodes.shift();
    node?.process.kill('SIGTERM');
    await node?.ended;
    nodes.push(await cluster.node());
  }
  await pause(300 + delay);
  await load.stop();
  const ledger = cluster.ledger();
  await cluster.close();
  const failures = load.failed.map(({ code }) => code);
  report(
    `${restarts} restarts, ${protocol}, registry ${delay} ms late: ${load.outcomes.length} calls, ` +
      `${failures.length} failed ${[...new Set(failures)].join()}, ${ranTwice(ledger).length} ran twice`,
  );
  return { load, ledger };
}

describe.each(protocols)(
  'one of two nodes is restarted ten times under load, over %s',
  (protocol) => {
    it.each([0, 300])('loses no call, the registry %d ms late', async (delay) => {
      const { load, ledger } = await restart(protocol, delay);
      expect(load.outcomes.length).toBeGreaterThan(64 * restarts);
      expect(load.failed).toEqual([]);
      expect(ranTwice(ledger)).toEqual([]);
    });
  },
);
