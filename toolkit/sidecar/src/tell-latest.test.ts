import type { Node } from 'micro-ts';
import { tellLatest } from './tell-latest.ts';

const node = (service: string, version: string): Node => ({
  ...{ service, version, id: service, address: '127.0.0.1:1' },
  ...{ metadata: {}, endpoints: [] },
});
const change = (service: string, version: string) => new Map([[service, [node(service, version)]]]);

/** Somebody who takes what is told when he is told to. */
function listener() {
  const told: string[] = [];
  let taken = (): void => undefined;
  let left = (_: Error): void => undefined;
  const listen = tellLatest((service, nodes) => {
    told.push(`${service} ${nodes.map(({ version }) => version).join()}`);
    return new Promise((resolve, reject) => {
      taken = resolve;
      left = reject;
    });
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    ...{ told, listen },
    take: async () => (taken(), turn()),
    leave: async () => (left(new Error('gone')), turn()),
  };
}

it('tells each service once, as it is at its turn, however often it has changed', async () => {
  const { told, listen, take } = listener();
  for (let n = 1; n <= 1_000; n++)
    for (const service of ['a', 'b', 'c']) listen(change(service, `${n}`));
  expect(told).toEqual(['a 1']);
  for (let n = 0; n < 5; n++) await take();
  expect(told).toEqual(['a 1', 'b 1000', 'c 1000', 'a 1000']);
  listen(new Map([['b', []]]));
  expect(told.at(-1)).toBe('b ');
});

it('tells nothing more when nobody listens', async () => {
  const { told, listen, leave } = listener();
  for (const service of ['a', 'b']) listen(change(service, '1'));
  await leave();
  listen(change('c', '1'));
  expect(told).toEqual(['a 1']);
});
