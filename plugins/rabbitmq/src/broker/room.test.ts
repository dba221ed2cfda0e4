import { Room } from './room.ts';

const limits = { events: 2, bytes: 100, waiting: 2, waitingBytes: 1_000, patience: 5_000 };

describe('the room for what is on its way', () => {
  it('admits in the order of arrival, as others leave', async () => {
    const room = new Room(limits);
    const order: string[] = [];
    const enter = (name: string, bytes = 1): Promise<() => void> => {
      const entering = room.enter(bytes);
      void entering.then(() => order.push(name));
      return entering;
    };
    const [one] = [enter('one'), enter('two')];
    const three = enter('three', 60);
    const four = enter('four');
    (await one)();
    await three;
    expect(order).toEqual(['one', 'two', 'three']);
    (await three)();
    await four;
    expect(order).toEqual(['one', 'two', 'three', 'four']);
  });

  it('refuses what does not even fit in front of it', async () => {
    const room = new Room(limits);
    const [leave] = await Promise.all([room.enter(1), room.enter(1)]);
    const [next, last] = [room.enter(1), room.enter(1)];
    await expect(room.enter(1)).rejects.toMatchObject({
      ...{ code: 'resource_exhausted', refused: true },
    });
    leave();
    (await next)();
    (await last)();
  });

  it('refuses what waits too long, and takes one that is larger than all the room', async () => {
    const room = new Room({ ...limits, patience: 20 });
    const leave = await room.enter(5_000);
    await expect(room.enter(1)).rejects.toMatchObject({ code: 'resource_exhausted' });
    leave();
    (await room.enter(1))();
  });
});
