import { Acknowledgements } from './acknowledgements.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function acknowledgements() {
  const told: [tag: number, allUpTo: boolean][] = [];
  return { told, acks: new Acknowledgements((tag, allUpTo) => void told.push([tag, allUpTo])) };
}

describe('acknowledgements', () => {
  it('of one turn without a gap are one', async () => {
    const { told, acks } = acknowledgements();
    for (const tag of [2, 1, 3]) acks.add(tag);
    expect(told).toEqual([]);
    await turn();
    acks.add(4);
    await turn();
    expect(told).toEqual([
      [3, true],
      [4, true],
    ]);
  });

  it('behind a gap are told one by one, and speak for nothing that is still in hand', async () => {
    const { told, acks } = acknowledgements();
    for (const tag of [1, 3, 4]) acks.add(tag);
    await turn();
    expect(told.splice(0)).toEqual([
      [1, true],
      [3, false],
      [4, false],
    ]);
    // The server must not be told of 4 again: it would take that for a mistake.
    acks.add(2);
    acks.add(6);
    await turn();
    acks.add(5);
    await turn();
    expect(told).toEqual([
      [2, true],
      [6, false],
      [5, true],
    ]);
  });

  it('of what was given back are not told, and it leaves no gap', async () => {
    const { told, acks } = acknowledgements();
    acks.add(1);
    acks.settled(3);
    acks.add(2);
    acks.add(4);
    await turn();
    expect(told).toEqual([
      [1, true],
      [4, true],
    ]);
  });

  it('go out at once when asked, and not a second time', async () => {
    const { told, acks } = acknowledgements();
    acks.add(1);
    acks.flush();
    expect(told).toEqual([[1, true]]);
    await turn();
    expect(told).toHaveLength(1);
  });

  it('in any order, each event is acknowledged once', async () => {
    const { told, acks } = acknowledgements();
    const held = new Set<number>();
    let handedOut = 0;
    for (let round = 0; round < 2_000; round += 1) {
      while (held.size < 16 && handedOut < 5_000) held.add((handedOut += 1));
      for (const tag of held) {
        if ((tag * 7_919 + round * 104_729) % 5 !== 0) continue;
        held.delete(tag);
        if ((tag + round) % 11 === 0) acks.settled(tag);
        else acks.add(tag);
      }
      await Promise.resolve();
      const open = new Set(held);
      acks.flush();
      for (const [tag, allUpTo] of told.splice(0)) {
        const covered = allUpTo ? [...open].filter((each) => each <= tag) : [];
        expect([tag, covered]).toEqual([tag, []]);
      }
    }
    expect([held.size, handedOut]).toEqual([0, 5_000]);
  });
});
