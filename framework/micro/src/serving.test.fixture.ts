// A service as a user writes it. What it does besides is said by the environment.
import { setTimeout as wait } from 'node:timers/promises';
import { Handler, run, Service } from './index.ts';

@Service('sleeper', { version: '1.2.3' })
class Sleeper {
  constructor() {
    if (process.env['TEST_BUG'] !== undefined) throw new TypeError('not my day');
  }

  @Handler()
  async sleep({ ms = 0 }: { readonly ms?: number }): Promise<{ readonly slept: number }> {
    console.log(`sleeps for ${ms}`);
    await wait(ms);
    return { slept: ms };
  }
}

const app = await run(Sleeper);
if (process.env['TEST_TIMER'] !== undefined) setInterval(() => undefined, 1_000);
if (process.env['TEST_CLOSE'] !== undefined) {
  await app.close();
  console.log(`listeners: ${process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')}`);
}
