import { Lifetime } from '@micro-ts/interface';
import { Deadlines } from './deadlines.ts';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const inMs = (ms: number): Lifetime => new Lifetime(performance.now() + ms);

describe('deadlines', () => {
  it('ends a lifetime at its deadline, and not before', async () => {
    const deadlines = new Deadlines();
    const [soon, later] = [inMs(30), inMs(10_000)];
    deadlines.watch(soon);
    deadlines.forget(deadlines.watch(later));
    await wait(10);
    expect(soon.reason).toBeUndefined();
    await wait(100);
    expect(soon.reason?.code).toBe('deadline_exceeded');
    expect(later.reason).toBeUndefined();
  });

  it('ends those beyond one turn of the wheel in the right turn', async () => {
    const deadlines = new Deadlines();
    const far = inMs(1024 * 10 + 20);
    const watched = deadlines.watch(far);
    await wait(100);
    expect(far.reason).toBeUndefined();
    deadlines.forget(watched);
  });

  it('forgets in any order, and twice', async () => {
    const deadlines = new Deadlines();
    const same = performance.now() + 40;
    const lifetimes = [new Lifetime(same), new Lifetime(same), new Lifetime(same)];
    const watched = lifetimes.map((lifetime) => deadlines.watch(lifetime));
    deadlines.forget(watched[1]);
    deadlines.forget(watched[1]);
    await wait(120);
    expect(lifetimes.map(({ reason }) => reason?.code)).toEqual([
      'deadline_exceeded',
      undefined,
      'deadline_exceeded',
    ]);
  });

  it('stops its timer when no call waits', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const deadlines = new Deadlines();
    const watched = deadlines.watch(inMs(5_000));
    expect(timers()).toBe(before + 1);
    deadlines.forget(watched);
    await wait(60);
    expect(timers()).toBe(before);
    const again = inMs(20);
    deadlines.watch(again);
    await wait(80);
    expect(again.reason?.code).toBe('deadline_exceeded');
  });

  it('has no deadline for what lives for ever', () => {
    expect(new Deadlines().watch(new Lifetime())).toBeUndefined();
  });
});
