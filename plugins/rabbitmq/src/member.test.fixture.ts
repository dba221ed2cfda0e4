// A subscriber in a process of its own, whose handler never ends, for tests to kill.
import { defaultLimits } from '@micro-ts/interface';
import { rabbitmq } from './index.ts';
import { silent } from './silent.test.fixture.ts';

const [, , address = '', topic = '', queue = ''] = process.argv;
const never = (): never => {
  throw new Error('a broker needs none');
};
const registry = { register: never, deregister: never, lookup: never, list: never };
const opened = rabbitmq({ address }).open({ app: 'victim', logger: silent, limits: defaultLimits });
const broker = opened.create('broker', { registry, network: never });
const options = { queue, delivery: 'at-least-once', attempts: 5, concurrency: 16 } as const;
const hold = async ({ body }: { body: Uint8Array }): Promise<void> => {
  process.send?.(new TextDecoder().decode(body));
  await new Promise(() => undefined);
};
void broker.subscribe(topic, hold, options).then(() => process.send?.('ready'));
