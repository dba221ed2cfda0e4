import { brokerKit, transportKit } from '@micro-ts/testing';
import type { It } from '@micro-ts/testing';
import { http } from './index.ts';

describe('the contract of transports, over frames', () => {
  transportKit({ it, plugin: () => http() });
});

describe('the contract of transports, over plain HTTP', () => {
  // Streams need frames; that they are refused here is shown elsewhere.
  const unary: It = (name, test, timeout) =>
    /stream|message|stalls|nobody reads/.test(name) ? undefined : it(name, test, timeout);
  transportKit({ it: unary, plugin: () => http({ frames: false }) });
});

describe('the contract of brokers', () => {
  brokerKit({ it, plugin: () => http() });
});
