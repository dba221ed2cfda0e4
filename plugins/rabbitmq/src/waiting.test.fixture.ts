// A program whose dead letters cannot be kept at first, so that all of them wait; it says what Node warns of.
import { MicroError } from '@micro-ts/interface';
import { look } from './look.test.fixture.ts';
import { event, hear, open, rawChannel, until } from './scene.test.fixture.ts';

const [address = '', topic = '', queue = ''] = process.argv.slice(2);
process.on('warning', ({ name }) => console.log(name));

async function run(): Promise<void> {
  const { broker } = open({ address });
  await hear(broker, topic, { queue, concurrency: 32 }, async () => {
    throw new MicroError('invalid_argument', 'never');
  });
  const kept = async (): Promise<number> => (await look(address, `${queue}.dead`)).length;
  await broker.publish(topic, event('first'));
  await until('it is a dead letter', async () => (await kept()) === 1);
  await (await rawChannel(address)).deleteQueue(`${queue}.dead`);
  const events = Array.from({ length: 30 }, (_none, at) => event(String(at)));
  await Promise.all(events.map((each) => broker.publish(topic, each)));
  await until('all are dead letters', async () => (await kept()) === events.length, 20_000);
  console.log('all are kept');
}

void run();
