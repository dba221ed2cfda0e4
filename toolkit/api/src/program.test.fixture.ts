// A program of the process tests: `gateway` or `service`, with its configuration in the environment.
import { setTimeout } from 'node:timers/promises';
import { closeOnSignal, createApp, Handler, Service } from 'micro-ts';
import type { App, Config, Context } from 'micro-ts';
import { createGateway } from './gateway.ts';

@Service('worker')
class Worker {
  @Handler({ http: 'GET /work/:id', idempotent: true })
  async work({ id }: { id?: string }): Promise<{ id: string; by: number }> {
    await setTimeout(2);
    return { id: String(id), by: process.pid };
  }

  @Handler({ stream: 'bidi' })
  async *echo(messages: AsyncIterable<object>, _context: Context): AsyncIterable<object> {
    yield* messages;
  }
}

const config = JSON.parse(process.env['PROGRAM_CONFIG'] ?? '{}') as Config;
const options = JSON.parse(process.env['PROGRAM_OPTIONS'] ?? '{}') as object;

if (process.argv[2] === 'gateway') {
  const gateway = await createGateway(options, config);
  closeOnSignal(gateway as unknown as App);
  console.log(`listening ${gateway.address}`);
  process.on('SIGUSR2', () => {
    (globalThis as { gc?: () => void }).gc?.();
    console.log(`rss ${process.memoryUsage.rss()} heap ${process.memoryUsage().heapUsed}`);
  });
} else {
  closeOnSignal(await createApp(config, [Worker]));
  console.log('listening');
}
