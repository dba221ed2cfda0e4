// A process of its own, that takes events from a queue, for tests to kill.
import { openApp, textOf } from './broker-apps.test.fixture.ts';

/** `hold` keeps what it takes in hand; `die` is killed by it. */
export type Temper = 'hold' | 'die';

const [, , address = '', topic = '', temper = ''] = process.argv;

async function consume(): Promise<void> {
  const { broker } = openApp({ address, claimAfter: 1_000 });
  const options = { queue: 'q', delivery: 'at-least-once', attempts: 3, concurrency: 10 } as const;
  await broker.subscribe(
    topic,
    async (delivery) => {
      process.send?.(textOf(delivery));
      if (temper === 'die' && textOf(delivery) === 'poison') process.kill(process.pid, 'SIGKILL');
      await new Promise(() => undefined);
    },
    options,
  );
  process.send?.('subscribed');
}

if (temper !== '') void consume();
