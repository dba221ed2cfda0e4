import { setTimeout as pause } from 'node:timers/promises';
import { closable } from '@micro-ts/interface';
import type { Connection, ConnectionState, Losable } from '@micro-ts/interface';
import { Peer } from './peer.ts';
import { failureOf, hang, nodeOf, until } from './world.test.fixture.ts';

type Dialled = Losable & Connection & { tell(state: ConnectionState): void };

/** A peer whose dials are answered by hand. */
function held() {
  const dials: ((connection: Connection | Error) => void)[] = [];
  const connect = (): Promise<Connection> =>
    new Promise((resolve, reject) => {
      dials.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  let changes = 0;
  const peer = new Peer(nodeOf('a'), { connect, listen: () => Promise.reject(new Error()) }, () => {
    changes++;
  });
  return { peer, dials, changes: () => changes };
}

function connection(first?: ConnectionState): Dialled {
  const life = closable(() => undefined);
  let told: (state: ConnectionState) => void = () => undefined;
  const onState = (listener: typeof told): void => {
    told = listener;
    if (first !== undefined) listener(first);
  };
  return { ...life, exchange: hang, onState, tell: (state) => told(state) };
}

const isClosed = async ({ closed }: Connection): Promise<boolean> =>
  Promise.race([closed.then(() => true), pause(20).then(() => false)]);

describe('a node', () => {
  it('that leaves while it is dialled is connected to for those who wait, and no longer', async () => {
    for (const calls of [0, 1]) {
      const { peer, dials } = held();
      for (let n = 0; n < calls; n++) peer.begin();
      const connecting = peer.connect();
      peer.retire();
      const arriving = connection();
      dials[0]?.(arriving);
      expect(await connecting).toBe(arriving);
      expect(await isClosed(arriving)).toBe(calls === 0);
      for (let n = 0; n < calls; n++) peer.done(1);
      expect(await isClosed(arriving)).toBe(true);
    }
  });

  it('that drains as soon as it is reached is left alone, and closed in the end', async () => {
    const { peer, dials } = held();
    const connecting = peer.connect();
    const draining = connection('draining');
    dials[0]?.(draining);
    expect(await connecting).toBe(draining);
    expect([peer.state, peer.connection]).toEqual(['draining', undefined]);
    await peer.close();
    expect(await isClosed(draining)).toBe(true);
  });

  it('is dialled once, and again after a failure', async () => {
    const { peer, dials } = held();
    const failures = [1, 2].map(() => failureOf(peer.connect()));
    dials[0]?.(new Error('refused'));
    expect((await Promise.all(failures)).map(({ refused }) => refused)).toEqual([true, true]);
    expect(peer.state).toBe('ejected');
    await until(() => dials.length === 2);
    dials[1]?.(connection());
    await until(() => peer.state === 'ready');
    await peer.close();
  });

  it('whose transport fails at once is not stuck', async () => {
    let dials = 0;
    const connect = (): never => {
      dials++;
      throw new Error('at once');
    };
    const transport = { connect, listen: () => Promise.reject(new Error()) };
    const peer = new Peer(nodeOf('a'), transport, () => undefined);
    expect((await failureOf(peer.connect())).code).toBe('unavailable');
    await until(() => dials > 1);
    await peer.close();
  });

  it('whose connection ends badly counts as lost, and is no unhandled rejection', async () => {
    const { peer, dials } = held();
    const connecting = peer.connect();
    dials[0]?.({ ...connection(), closed: Promise.reject(new Error('broken plugin')) });
    await connecting;
    await until(() => peer.state === 'ejected');
    await peer.close();
  });

  it('is suspect until it answers, and not because it drained before', async () => {
    const { peer, dials } = held();
    const connecting = peer.connect();
    const link = connection();
    dials[0]?.(link);
    await connecting;
    link.tell('suspect');
    expect(peer.state).toBe('suspect');
    link.tell('ready');
    expect(peer.state).toBe('ready');
    await link.close();
    link.tell('draining');
    await pause(0);
    expect(peer.state).toBe('ready');
    await peer.close();
  });
});
