import { transportKit } from '@micro-ts/testing';
import { memory } from './index.ts';

describe('memory transport', () => {
  transportKit({ it, plugin: () => memory() });
});
