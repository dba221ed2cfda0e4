import { eventually, until } from './expect.ts';

describe('eventually', () => {
  it('tries until it passes', async () => {
    let tries = 0;
    const check = (): number => {
      if (++tries < 4) throw new Error('not yet');
      return tries;
    };
    expect(await eventually(check, 5_000)).toBe(4);
  });

  it('throws the last failure when patience is over', async () => {
    let tries = 0;
    const check = (): never => {
      throw new Error(`try ${++tries}`);
    };
    await expect(eventually(check, 200)).rejects.toThrow(/^try \d+$/);
    expect(tries).toBeGreaterThanOrEqual(5);
  });

  it('does not give up on a check that takes longer than its patience', async () => {
    let tries = 0;
    const check = (): void => {
      const end = performance.now() + 60;
      while (performance.now() < end);
      if (++tries < 3) throw new Error('not yet');
    };
    await eventually(check, 50);
    expect(tries).toBe(3);
  });
});

describe('until', () => {
  it('waits for what comes true', async () => {
    let looks = 0;
    await until(async () => ++looks === 4);
    expect(looks).toBe(4);
  });

  it('shows what never came true', async () => {
    const never = (): boolean => false;
    await expect(until(never, 50)).rejects.toThrow(/^not within 50 ms: .*false/);
  });
});
