import assert from 'node:assert/strict';
import { MicroError } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { inTime, rejection, same } from '../expect.ts';
import { leavingNothing } from '../handles.ts';
import { kitLimits } from '../open.ts';
import type { Machine } from '../open.ts';
import { call, echo, ended } from './scene.ts';
import { hanging } from './hanging.ts';
import type { TransportScene } from './scene.ts';
import { text } from './source.ts';

/** What connecting may take, and some air for a busy machine. */
const inHandshake = kitLimits.handshake + 2_000;

/** How listeners and connections end. */
export const closing: Clauses<TransportScene> = {
  'connecting to nobody is refused with unavailable, in time': async (scene) => {
    const listener = await scene.listen(echo);
    await listener.close();
    const why = 'Where nobody listens, a call fails with unavailable, marked as refused.';
    const work = scene.connect(listener).then((connection) => connection.exchange(call()));
    const error = await rejection(work, inHandshake, why, 'unavailable');
    assert.ok(error.refused, why);
  },

  'closing a listener fails what runs there, at once': async (scene) => {
    const { listener, running, connection, life } = await hanging(scene);
    await inTime(listener.close(), scene.patience, 'A listener closes, whatever runs.');
    const why = 'When a listener dies, the calls on it fail with unavailable.';
    await rejection(running, scene.patience, why, 'unavailable');
    await ended(life, scene.patience, 'The lifetime of a call ends with its connection.');
    const told = '`closed` of a listener resolves with undefined after close().';
    same(await inTime(listener.closed, scene.patience, told), undefined, told);
    const late = 'After that each call is refused.';
    const error = await rejection(connection.exchange(call()), inHandshake, late, 'unavailable');
    assert.ok(error.refused, late);
    await listener.close();
  },

  'closing a connection fails what runs on it, on both sides': async (scene) => {
    const { listener, connection, running, life } = await hanging(scene);
    const other = await scene.connect(listener);
    await inTime(connection.close(), scene.patience, 'A connection closes, whatever runs.');
    const why = 'Closing a connection fails its calls.';
    await rejection(running, scene.patience, why, 'unavailable', 'cancelled');
    if (scene.supports.cancel) {
      await ended(life, scene.patience, 'The lifetime of a call ends with its connection.');
    }
    const told = '`closed` of a connection resolves with undefined after close().';
    same(await inTime(connection.closed, scene.patience, told), undefined, told);
    const late = 'A closed connection refuses calls: they were certainly not processed.';
    const error = await rejection(connection.exchange(call()), scene.patience, late);
    assert.ok(error instanceof MicroError && error.refused, late);
    await connection.close();
    same(text((await scene.answer(other, call())).body), '{}', 'Other connections go on.');
  },

  'listeners at the same time have addresses of their own': async (scene) => {
    const pairs = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        scene.pair(async (request) => ({ ...(await echo(request)), body: Buffer.from(name) })),
      ),
    );
    const addresses = new Set(pairs.map(({ listener }) => listener.address));
    same(addresses.size, 3, 'Each listener finds a free place.');
    const names = await Promise.all(
      pairs.map(async ({ connection }) => text((await scene.answer(connection, call())).body)),
    );
    same(names, ['a', 'b', 'c'], 'A connection reaches the listener that it was made for.');
    const { metadata } = pairs[0]?.listener ?? {};
    same(typeof metadata?.['transport'], 'string', 'A listener tells its transport in metadata.');
  },
};

/** What is held open. */
export const handles: Clauses<Machine<'transport'> & { address: string; patience: number }> = {
  'close() leaves nothing open': async ({ open, surroundings, address, patience }) => {
    await leavingNothing(patience, async () => {
      const [first, second] = [open(), open()];
      const server = first.create('transport', surroundings);
      const client = second.create('transport', surroundings);
      const listener = await server.listen(address, echo);
      const { address: at, metadata } = listener;
      const connection = await client.connect({ id: 'kit-node', address: at, metadata });
      await Promise.all(Array.from({ length: 20 }, () => connection.exchange(call())));
      await connection.close();
      await listener.drain();
      await listener.close();
      await first.close();
      await second.close();
    });
  },

  'closing twice is fine, and a closed plugin stays closed': async (machine) => {
    const { open, surroundings, address, patience } = machine;
    const opened = open();
    const transport = opened.create('transport', surroundings);
    const listener = await transport.listen(address, echo);
    await listener.close();
    await opened.close();
    await opened.close();
    const why = 'After close() each verb rejects, and nothing is opened again.';
    await rejection(transport.listen(address, echo), patience, why);
    const { address: at, metadata } = listener;
    await rejection(transport.connect({ id: 'kit-node', address: at, metadata }), patience, why);
  },
};
