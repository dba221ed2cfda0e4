import { registryKit } from '@micro-ts/testing';
import { memory } from './index.ts';

describe('memory registry', () => {
  registryKit({ it, plugin: () => memory(), shortestTtl: 300 });
});
