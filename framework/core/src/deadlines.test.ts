import { setTimeout as pause } from 'node:timers/promises';
import { Lifetime, MicroError } from '@micro-ts/interface';
import { Deadlines } from './deadlines.ts';
import { until } from './world.test.fixture.ts';

const inMs = (ms: number): Lifetime => new Lifetime(performance.now() + ms);

describe('deadlines', () => {
  it('ends a lifetime at its deadline, and not before', async () => {
    const deadlines = new Deadlines();
    const [soon, later] = [inMs(30), inMs(10_000)];
    deadlines.watch(soon);
    deadlines.forget(deadlines.watch(later));
    const early = await new Promise((resolve) => soon.onEnd(() => resolve(soon.left)));
    expect(early).toBe(0);
    expect(soon.reason?.code).toBe('deadline_exceeded');
    expect(later.reason).toBeUndefined();
  });

  it('ends those beyond one turn of the wheel in the right turn', async () => {
    const deadlines = new Deadlines();
    const far = inMs(1024 * 10 + 20);
    const watched = deadlines.watch(far);
    await pause(100);
    expect(far.reason).toBeUndefined();
    deadlines.forget(watched);
  });

  it('forgets in any order, and twice', async () => {
    const deadlines = new Deadlines();
    const same = performance.now() + 40;
    const lifetimes = [new Lifetime(same), new Lifetime(same), new Lifetime(same)];
    const watched = lifetimes.map((lifetime) => deadlines.watch(lifetime));
    deadlines.forget(watched[1]!);
    deadlines.forget(watched[1]!);
    await until(() => lifetimes[0]?.reason !== undefined && lifetimes[2]?.reason !== undefined);
    expect(lifetimes.map(({ reason }) => reason?.code)).toEqual([
      'deadline_exceeded',
      undefined,
      'deadline_exceeded',
    ]);
  });

  it('stops its timer when no call waits', async () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    const deadlines = new Deadlines();
    const watched = deadlines.watch(inMs(5_000));
    const timer = set.mock.results[0]?.value as NodeJS.Timeout;
    expect(set).toHaveBeenCalledTimes(1);
    set.mockRestore();
    const renewed = jest.spyOn(timer, 'refresh');
    while (renewed.mock.calls.length < 2) await pause(5);
    deadlines.forget(watched);
    await pause(60);
    renewed.mockClear();
    await pause(60);
    expect(renewed).not.toHaveBeenCalled();
    const again = inMs(20);
    deadlines.watch(again);
    expect(renewed).toHaveBeenCalledTimes(1);
    while (again.reason === undefined) await pause(5);
    expect(again.reason.code).toBe('deadline_exceeded');
  });

  it('needs no timer for what lives for ever', () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    new Deadlines().watch(new Lifetime());
    expect(set).not.toHaveBeenCalled();
    set.mockRestore();
  });

  it('ends soon what is late already', async () => {
    const deadlines = new Deadlines();
    const running = deadlines.watch(inMs(5_000));
    await pause(50);
    const late = inMs(-40);
    deadlines.watch(late);
    await until(() => late.reason !== undefined);
    expect(late.reason?.code).toBe('deadline_exceeded');
    deadlines.forget(running);
  });

  it('ends all there is when it is told to', () => {
    const deadlines = new Deadlines();
    const [soon, never, done] = [inMs(5_000), new Lifetime(), new Lifetime()];
    for (const each of [soon, never]) deadlines.watch(each);
    deadlines.forget(deadlines.watch(done));
    deadlines.endAll(new MicroError('unavailable', 'closed'));
    expect([soon, never, done].map(({ reason }) => reason?.code)).toEqual([
      'unavailable',
      'unavailable',
      undefined,
    ]);
  });
});
