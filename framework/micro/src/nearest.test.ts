import { nearest } from './nearest.ts';

const names = ['consul', 'etcd', 'memory', 'nats', 'rabbitmq'];

describe('nearest', () => {
  it.each([
    ['etdc', 'etcd'],
    ['ETCD', 'etcd'],
    ['rabitmq', 'rabbitmq'],
    ['nat', 'nats'],
    ['memroy', 'memory'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearest(word, names)).toBe(meant);
  });

  it.each(['', 'xy', 'zookeeper', 'kafka'])('guesses nothing for "%s"', (word) => {
    expect(nearest(word, names)).toBeUndefined();
  });
});
