import { brokerKit } from '@micro-ts/testing';
import { memory, MemoryNetwork } from './index.ts';

describe('memory broker', () => {
  const network = new MemoryNetwork();
  brokerKit({
    it,
    plugin: () => memory({ network }),
    deadLetters: async (topic) => network.deadLetters.filter((letter) => letter.topic === topic),
  });
});
