// A Micro service as a user writes it, and worlds to run it in.
import { memory } from '@micro-ts/memory';
import { createApp, Handler, MicroError, Service, unchecked } from 'micro-ts';
import type { App, Config, Context } from 'micro-ts';

/** All that is started here is closed after each test, the youngest first. */
const opened: (() => unknown)[] = [];
export const afterwards = (close: () => unknown): void => void opened.push(close);
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

export const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** A world of its own, which nothing leaves. */
export function world(): Config {
  const plugin = memory();
  return { registry: plugin, transport: plugin, broker: plugin, log: 'silent', grace: 0 };
}

@Service('users', { version: '1.2.0' })
export class Users {
  /** Calls at work, and what is told when they begin or end. */
  running = 0;
  told: () => void = () => undefined;
  /** How calls of `wait` and `drip` have ended. */
  readonly ended = { answered: 0, cancelled: 0 };

  @Handler({ request: unchecked, idempotent: true })
  async get({ id }: { readonly id: string }): Promise<{ readonly name: string }> {
    if (id === 'nobody') throw new MicroError('not_found', 'no user nobody', { details: { id } });
    if (id === 'bug') throw new TypeError('the password is hunter2');
    if (id === 'leak') throw new MicroError('internal', 'the password is hunter2');
    return { name: `Ann ${id}` };
  }

  @Handler({ request: unchecked })
  async wait({ ms }: { readonly ms: number }, { signal }: Context): Promise<{ waited: number }> {
    this.running++;
    this.told();
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(signal.reason as Error);
        });
      });
      this.ended.answered++;
      return { waited: ms };
    } catch (error) {
      this.ended.cancelled++;
      throw error;
    } finally {
      this.running--;
      this.told();
    }
  }

  /** One value, and the next one much later. */
  @Handler({ request: unchecked })
  async *drip(
    { ms }: { readonly ms: number },
    context: Context,
  ): AsyncIterable<{ readonly n: number }> {
    yield { n: 1 };
    await this.wait({ ms }, context);
    yield { n: 2 };
  }

  @Handler({ request: unchecked })
  async left(_: object, { timeLeft, metadata }: Context): Promise<{ left: number; trace: string }> {
    return { left: timeLeft, trace: metadata['traceparent'] ?? '' };
  }

  @Handler({ request: unchecked })
  async *count({ to }: { readonly to: number }): AsyncIterable<{ readonly n: number }> {
    for (let n = 1; n <= to; n++) yield { n };
  }
}

/** Starts Micro services in a world. */
export async function serve(config: Config, ...services: object[]): Promise<App> {
  const app = await createApp(config, services);
  afterwards(() => app.close());
  return app;
}
