// 100 MB to a reader that takes one message and then nothing for some seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp, Handler, Service, unchecked } from 'micro-ts';

const messageBytes = 32 * 1_024;
const totalBytes = 100 * 2 ** 20;

class Warehouse {
  async *download({ bytes }) {
    const text = 'x'.repeat(messageBytes);
    for (let sent = 0; sent < bytes; sent += messageBytes) yield { text };
  }
}
Handler({ request: unchecked })(Warehouse.prototype, 'download');
Service('warehouse')(Warehouse);

const config = {
  registry: ['local', { folder: process.env.MICRO_BENCH_REGISTRY }],
  log: 'error',
};

export const serve = () => createApp(config, [Warehouse]);

export async function connect({ stall }) {
  const app = await createApp(config);
  const warehouse = app.client('warehouse');
  const read = (bytes) => warehouse.download({ bytes }, { timeout: Infinity });
  // What a first stream makes the server load and compile does not count.
  for await (const _ of read(totalBytes / 10));
  return {
    async *messages() {
      let first = true;
      for await (const message of read(totalBytes)) {
        yield message;
        if (first) await sleep(stall);
        first = false;
      }
    },
    close: () => app.close(),
  };
}
