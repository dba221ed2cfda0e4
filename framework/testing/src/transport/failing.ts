import assert from 'node:assert/strict';
import type { Clauses } from '../clause.ts';
import { eventually, inTime, rejection, same } from '../expect.ts';
import { leavingNothing } from '../handles.ts';
import { kitLimits } from '../open.ts';
import type { Machine } from '../open.ts';
import type { ServerUnderTest } from '../server-under-test.ts';
import { call, echo, ended } from './scene.ts';
import type { TransportScene } from './scene.ts';
import { hanging } from './hanging.ts';
import { text } from './source.ts';

/** What a verb may take when nobody answers: the limit, and some air for a busy machine. */
const inHandshake = kitLimits.handshake + 2_000;

/** A plugin whose server is not there. */
export const unreachable: Clauses<Machine<'transport'> & { address: string; patience: number }> = {
  'without its server nothing is reached and nobody listens: unavailable, in time': async (
    machine,
  ) => {
    await leavingNothing(machine.patience, async () => {
      const opened = machine.open();
      const transport = opened.create('transport', machine.surroundings);
      const { address } = machine;
      const why = 'A verb that cannot reach its server rejects with unavailable.';
      const listening = transport.listen(address, echo);
      const connecting = transport.connect({ id: 'kit-node', address: 'nobody', metadata: {} });
      await rejection(listening, inHandshake, why, 'unavailable');
      const error = await rejection(connecting, inHandshake, why, 'unavailable');
      assert.ok(error.refused, 'What cannot connect has sent nothing: it is refused.');
      await inTime(opened.close(), inHandshake, 'close() ends, whatever the server does.');
    });
  },
};

/** A server that dies and comes back. */
export const restarts: Clauses<TransportScene & { readonly medium: ServerUnderTest }> = {
  'when its server dies, calls fail and all say that they are lost; when it is back, all works':
    async (scene) => {
      const { medium, patience } = scene;
      const { listener, connection, running, life } = await hanging(scene);
      const stopped = medium.stop();
      const broken = 'When the server dies, the calls in flight fail with unavailable.';
      await rejection(running, patience, broken, 'unavailable');
      await ended(life, patience, 'The lifetime of a call ends with its server.');
      for (const [what, { closed }] of Object.entries({ listener, connection })) {
        const lost = `A ${what} whose server died resolves \`closed\` with a reason.`;
        assert.notEqual(await inTime(closed, patience, lost), undefined, lost);
      }
      const late = 'A connection that is lost refuses calls.';
      const refused = await rejection(connection.exchange(call()), patience, late, 'unavailable');
      assert.ok(refused.refused, late);
      await stopped;
      const down = 'While the server is away, connect and listen reject with unavailable.';
      const connecting = scene.client.connect({ id: 'kit-node', ...listener });
      const error = await rejection(connecting, inHandshake, down, 'unavailable');
      assert.ok(error.refused, 'What cannot connect has sent nothing: it is refused.');
      const listening = scene.server.listen(scene.address, echo);
      await rejection(listening, inHandshake, down, 'unavailable');
      await medium.start();
      const again = await eventually(async () => {
        const found = await scene.server.listen(listener.address, echo);
        scene.later(() => found.close());
        return found;
      }, patience);
      const why = 'When its server is back, a listener can have the address that it had.';
      same(again.address, listener.address, why);
      const works = 'The same opened plugin works again when its server is back.';
      const next = await eventually(() => scene.connect(again), patience);
      same(text((await scene.answer(next, call())).body), '{}', works);
    },
};

/** A server that answers nothing, and closes nothing either. */
export const freezes: Clauses<TransportScene & { readonly medium: ServerUnderTest }> = {
  'when its server freezes, connect gives up in time; when it thaws, all works': async (scene) => {
    const { medium, patience } = scene;
    const { listener } = await scene.pair(echo);
    await medium.freeze?.();
    try {
      const why = 'A connect that gets no answer gives up within limits.handshake.';
      const work = scene.client.connect({ id: 'kit-node', ...listener });
      const error = await rejection(work, inHandshake, why, 'unavailable');
      assert.ok(error.refused, 'What cannot connect has sent no call: it is refused.');
    } finally {
      await medium.thaw?.();
    }
    const back = 'The same opened plugin works again when its server answers.';
    const answered = await eventually(async () => {
      const found = await scene.pair(echo);
      return scene.answer(found.connection, call());
    }, patience);
    same(text(answered.body), '{}', back);
  },
};
