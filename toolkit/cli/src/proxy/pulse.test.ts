import { until } from '@micro-ts/testing';
import { Pulse } from './pulse.ts';

const every = 20;
const opened: Pulse[] = [];
afterEach(() => opened.splice(0).forEach((each) => each.end()));

/** A sidecar that was silent so far. @param knock what it does when it is asked by a request of its own */
function open(knock: () => Promise<void>) {
  const told = { asked: 0, knocked: 0, lost: [] as unknown[] };
  const sidecar = { knock: () => (told.knocked++, knock()) };
  const ask = (): void => void told.asked++;
  const pulse = new Pulse({ sidecar, ask, lost: (reason) => told.lost.push(reason), every });
  opened.push(pulse);
  return { told, pulse };
}

it('loses who is silent and does not answer a request either', async () => {
  const reason = new Error('does not answer');
  const { told } = open(() => Promise.reject(reason));
  await until(() => told.lost.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 5 * every));
  expect(told).toEqual({ asked: 1, knocked: 1, lost: [reason] });
});

it('keeps who is silent and answers', async () => {
  const { told } = open(() => Promise.resolve());
  await until(() => told.knocked >= 3);
  expect(told.lost).toEqual([]);
  expect(told.asked).toBeGreaterThan(1);
});

it('keeps who is heard of while it is asked, and asks once at a time', async () => {
  let refuse: (reason: Error) => void = () => undefined;
  const { told, pulse } = open(() => new Promise((_, reject) => (refuse = reject)));
  await until(() => told.knocked === 1);
  await new Promise((resolve) => setTimeout(resolve, 5 * every));
  expect(told.knocked).toBe(1);
  pulse.heard();
  refuse(new Error('late'));
  await until(() => told.knocked === 2);
  expect(told.lost).toEqual([]);
});

it('asks nobody once it has ended', async () => {
  const { told, pulse } = open(() => Promise.reject(new Error('away')));
  pulse.end();
  await new Promise((resolve) => setTimeout(resolve, 5 * every));
  expect(told).toEqual({ asked: 0, knocked: 0, lost: [] });
});
