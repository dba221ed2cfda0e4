// A process that subscribes, and never finishes what it has in hand; for tests to kill.
import { defaultLimits } from '@micro-ts/interface';
import type { Registry } from '@micro-ts/interface';
import nats from '../index.ts';
import { silent } from '../silent.test.fixture.ts';

const [servers = '', topic = '', queue = ''] = process.argv.slice(2);
const opened = nats({ servers }).open({ app: 'stuck', logger: silent, limits: defaultLimits });
const network = async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' });
const broker = opened.create('broker', { registry: undefined as unknown as Registry, network });
await broker.subscribe(
  topic,
  () => {
    console.log('in hand');
    return new Promise(() => undefined);
  },
  { queue, delivery: 'at-least-once', attempts: 3, concurrency: 10 },
);
console.log('ready');
