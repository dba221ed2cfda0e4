import { metadata } from '@micro-ts/interface';
import type { Node, Registry } from '@micro-ts/interface';
import { registryKit, runKit } from '@micro-ts/testing';
import { broken } from './broken.test.fixture.ts';

type Spoil = (original: Registry) => Partial<Registry>;

const map =
  (change: (node: Node) => Node): Spoil =>
  (original) => ({
    lookup: async (service) => (await original.lookup(service)).map(change),
  });

const timers: NodeJS.Timeout[] = [];
/** Services whose records are being written, by whatever app. */
const written = new Set<string>();

/** What is wrong, and the clause that must say so. */
const wrong: Record<string, [Spoil, RegExp]> = {
  'loses schemas': [
    map((node) => ({
      ...node,
      endpoints: node.endpoints.map(({ name, kind, metadata: own }) => ({
        ...{ name, kind, metadata: own },
      })),
    })),
    /arrives as it was given/,
  ],
  'cuts metadata': [
    map((node) => ({
      ...node,
      metadata: metadata(Object.entries(node.metadata).map(([k, v]) => [k, v.slice(0, 255)])),
    })),
    /arrives as it was given/,
  ],
  'metadata with a prototype': [
    map((node) => ({ ...node, metadata: { ...node.metadata } })),
    /no prototype/,
  ],
  'finds by the beginning of a name': [
    (original) => ({
      lookup: async (service) => {
        const names = (await original.list()).filter((name) => name.startsWith(service));
        return (await Promise.all(names.map((name) => original.lookup(name)))).flat();
      },
    }),
    /kept apart/,
  ],
  'knows names by folders': [
    (original) => {
      const plain = (name: string): string => name.replaceAll('/', '-');
      return {
        register: (node, ttl) => original.register({ ...node, service: plain(node.service) }, ttl),
        lookup: async (name) =>
          (await original.lookup(plain(name))).map((node) => ({ ...node, service: name })),
      };
    },
    /kept apart/,
  ],
  'keeps the first record': [
    (original) => ({
      register: async (node, ttl) => {
        const known = (await original.lookup(node.service)).find(({ id }) => id === node.id);
        await original.register(known ?? node, ttl);
      },
    }),
    /replaces it/,
  ],
  'does not deregister': [() => ({ deregister: async () => undefined }), /deregistered is gone/],
  'deregisters all': [
    (original) => ({
      deregister: async ({ service }) => {
        for (const node of await original.lookup(service)) await original.deregister(node);
      },
    }),
    /deregistered is gone/,
  ],
  'lists in any order': [
    (original) => ({ list: async () => [...(await original.list())].reverse() }),
    /sorted/,
  ],
  'ignores the ttl': [
    (original) => ({ register: (node) => original.register(node, 1e9) }),
    /vanishes/,
  ],
  'a heartbeat that does not count': [
    (original) => {
      const seen = new Set<string>();
      return {
        register: async (node, ttl) => {
          if (seen.has(JSON.stringify(node))) return;
          seen.add(JSON.stringify(node));
          await original.register(node, ttl);
        },
      };
    },
    /vanishes/,
  ],
  'a heartbeat that is news': [
    (original) => ({
      register: async (node, ttl) => {
        await original.deregister(node);
        await original.register(node, ttl);
      },
    }),
    /tells watchers nothing/,
  ],
  'a watch that begins with nothing': [
    (original) => ({
      watch: async (listener, service) => {
        let first = true;
        const watch = await original.watch?.((changes) => {
          if (!first) listener(changes);
          first = false;
        }, service);
        if (watch === undefined) throw new Error('no watch');
        return watch;
      },
    }),
    /one service tells what is there/,
  ],
  'a watch that tells the newest node only': [
    (original) => ({
      watch: async (listener, service) => {
        const watch = await original.watch?.((changes) => {
          listener(new Map([...changes].map(([name, nodes]) => [name, nodes.slice(-1)])));
        }, service);
        if (watch === undefined) throw new Error('no watch');
        return watch;
      },
    }),
    /each change with all nodes/,
  ],
  'a watch that tells all services': [
    (original) => ({
      watch: async (listener) => {
        const watch = await original.watch?.(listener);
        if (watch === undefined) throw new Error('no watch');
        return watch;
      },
    }),
    /tells of no other/,
  ],
  'a watch that is not closed': [
    (original) => ({
      watch: async (listener, service) => {
        const watch = await original.watch?.(listener, service);
        return { closed: Promise.resolve(undefined), close: async () => void watch };
      },
    }),
    /closed tells no more/,
  ],
  'a lookup that loses what is written at once': [
    (original) => {
      let writing = 0;
      return {
        register: async (node, ttl) => {
          writing += 1;
          if (writing < 4) await original.register(node, ttl);
          await new Promise((resolve) => setTimeout(resolve, 5));
          writing -= 1;
        },
      };
    },
    /200 nodes/,
  ],
  'a file that is written in place': [
    (original) => ({
      register: async (node, ttl) => {
        written.add(node.service);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await original.register(node, ttl);
        written.delete(node.service);
      },
      lookup: async (service) => (written.size > 0 ? [] : original.lookup(service)),
    }),
    /stays in sight/,
  ],
  'a watch whose interval goes on': [
    (original) => ({
      watch: async (listener, service) => {
        timers.push(setInterval(() => undefined, 50).unref());
        const watch = await original.watch?.(listener, service);
        if (watch === undefined) throw new Error('no watch');
        return watch;
      },
    }),
    /leaves nothing open/,
  ],
  'a timer that is left': [
    (original) => ({
      register: async (node, ttl) => {
        timers.push(setTimeout(() => undefined, 60_000));
        await original.register(node, ttl);
      },
    }),
    /leaves nothing open/,
  ],
};

describe('registries that break the contract are found out', () => {
  afterAll(() => timers.forEach(clearTimeout));

  it.each(Object.entries(wrong))(
    '%s',
    async (_name, [spoil, sentence]) => {
      const plugin = () => broken('registry', spoil);
      const { failed } = await runKit(
        (its) => registryKit({ it: its, plugin, patience: 300, shortestTtl: 100 }),
        sentence,
      );
      expect([...failed.keys()]).toHaveLength(1);
      for (const message of failed.values()) expect(message).toMatch(/[a-z].*\./s);
    },
    30_000,
  );
});
