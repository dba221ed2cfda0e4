import { setTimeout as pause } from 'node:timers/promises';
import { closable, metadata } from '@micro-ts/interface';
import type { Listener, Losable } from '@micro-ts/interface';
import { keepListening } from './keep-listening.ts';

/** Listeners with the addresses at which they were asked for; `taken` ones cannot be had for now. */
class Places {
  readonly asked: string[] = [];
  readonly open: Losable[] = [];
  taken = false;

  readonly listen = async (address: string): Promise<Listener> => {
    this.asked.push(address);
    if (this.taken) throw new Error('taken');
    const life = closable(() => undefined);
    this.open.push(life);
    const found = address === '' ? 'found' : address;
    return { ...life, address: found, metadata: metadata(), drain: async () => undefined };
  };
}

describe('a listener that is kept', () => {
  it('is opened again at the address that was found, for as long as it takes', async () => {
    const places = new Places();
    const opened: string[] = [];
    const told: boolean[] = [];
    const start = await keepListening(places.listen, '', ({ address }) => opened.push(address));
    const kept = start((up) => told.push(up));
    await kept.tried;
    expect([opened, told]).toEqual([['found'], [true]]);
    places.taken = true;
    places.open[0]?.lose('the bus is gone');
    await pause(200);
    places.taken = false;
    while (opened.length < 2) await pause(10);
    expect(opened).toEqual(['found', 'found']);
    expect(new Set(places.asked.slice(1))).toEqual(new Set(['found']));
    expect(told.filter((up, at) => up !== told[at - 1])).toEqual([true, false, true]);
    await kept.close();
    expect(await places.open[1]?.closed).toBe(undefined);
  });

  it('fails the boot if there is none at first', async () => {
    const places = new Places();
    places.taken = true;
    await expect(keepListening(places.listen, '', () => undefined)).rejects.toThrow('taken');
    expect(places.asked).toEqual(['']);
  });
});
