import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { eventually, inTime, rejection } from '../expect.ts';
import { leavingNothing } from '../handles.ts';
import { kitLimits } from '../open.ts';
import type { Machine } from '../open.ts';
import type { ServerUnderTest } from '../server-under-test.ts';
import { sampleNode } from './sample-node.ts';
import type { RegistryScene } from './scene.ts';
import { verbsOf } from './verbs.ts';

/** What a verb may take when nobody answers: the limit, and some air for a busy machine. */
const inHandshake = kitLimits.handshake + 2_000;

/** A machine, on which nothing is open yet. */
export interface RegistryMachine extends Machine<'registry'> {
  readonly patience: number;
}

/** What is held open. */
export const handles: Clauses<RegistryMachine> = {
  'close() leaves nothing open': async ({ open, surroundings, patience }) => {
    await leavingNothing(patience, async () => {
      const [first, second] = [open(), open()];
      const one = first.create('registry', surroundings);
      const other = second.create('registry', surroundings);
      const node = sampleNode(`kit-handles-${process.pid}`);
      const watch = await one.watch?.(() => undefined);
      await one.register(node, 30_000);
      await other.lookup(node.service);
      await one.deregister(node);
      await watch?.close();
      await first.close();
      await second.close();
    });
  },
};

/** A plugin whose server is not there. */
export const unreachable: Clauses<RegistryMachine> = {
  'without its server every verb rejects with unavailable, in time': async (machine) => {
    await leavingNothing(machine.patience, async () => {
      const opened = machine.open();
      const verbs = verbsOf(opened.create('registry', machine.surroundings), 'nobody');
      const why = 'A verb that cannot reach its server rejects with unavailable.';
      await Promise.all(verbs.map((verb) => rejection(verb(), inHandshake, why, 'unavailable')));
      await inTime(opened.close(), inHandshake, 'close() ends, whatever the server does.');
    });
  },
};

/** A server that dies and comes back. */
export const restarts: Clauses<RegistryScene & { readonly server: ServerUnderTest }> = {
  'when its server dies, watches say so and verbs fail; when it is back, all works': async (
    scene,
  ) => {
    const { one, other, server, patience } = scene;
    const node = sampleNode(scene.service());
    await scene.register(node);
    const followed = await scene.follow(other, node.service);
    await server.stop();
    if (followed !== undefined) {
      const lost = 'A watch whose server died resolves `closed` with a reason.';
      const reason = await inTime(followed.watch.closed, patience, lost);
      assert.notEqual(reason, undefined, lost);
    }
    const down = 'While the server is away, each verb rejects with unavailable.';
    for (const verb of verbsOf(one, node.service)) {
      await rejection(verb(), inHandshake, down, 'unavailable');
    }
    await server.start();
    const back = 'The same opened plugin works again when its server is back.';
    await eventually(() => scene.register(node), patience);
    await scene.finds(one, node.service, [node], back);
    await eventually(() => other.list(), patience);
    const again = await scene.follow(other, node.service);
    await scene.finds(other, node.service, [node], back);
    const second = sampleNode(node.service);
    await scene.register(second);
    if (again === undefined) return;
    await eventually(() => {
      const ids = (again.known.get(node.service) ?? []).map(({ id }) => id);
      assert.ok(ids.includes(second.id), `${back} A new watch tells of changes.`);
    }, patience);
  },
};

/** A server that answers nothing, and closes nothing either. */
export const freezes: Clauses<RegistryScene & { readonly server: ServerUnderTest }> = {
  'when its server freezes, verbs give up in time; when it thaws, all works': async (scene) => {
    const { one, other, server, patience } = scene;
    const node = sampleNode(scene.service());
    await scene.register(node);
    await scene.finds(other, node.service, [node], 'lookup finds what others registered.');
    await server.freeze?.();
    try {
      const down = 'A verb that gets no answer gives up within limits.handshake: unavailable.';
      const verbs = verbsOf(one, scene.service());
      await Promise.all(verbs.map((verb) => rejection(verb(), inHandshake, down, 'unavailable')));
    } finally {
      await server.thaw?.();
    }
    const back = 'The same opened plugin works again when its server answers.';
    const second = sampleNode(node.service);
    await eventually(() => scene.register(second), patience);
    await scene.finds(other, node.service, [node, second], back);
  },
};
