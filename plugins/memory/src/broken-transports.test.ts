import { Lifetime, metadata, MicroError } from '@micro-ts/interface';
import type { Body, Exchange, Listener, Transport } from '@micro-ts/interface';
import { runKit, transportKit } from '@micro-ts/testing';
import { broken, changed } from './broken.test.fixture.ts';

type Spoil = (original: Transport) => Partial<Transport>;

/** Calls pass through a changed exchange on the caller's side. */
const calling =
  (change: (exchange: Exchange) => Exchange): Spoil =>
  (original) => ({
    connect: async (target) => {
      const connection = await original.connect(target);
      return changed(connection, () => ({ exchange: change(connection.exchange) }));
    },
  });

/** Calls pass through a changed exchange on the server's side. */
const serving =
  (change: (exchange: Exchange) => Exchange): Spoil =>
  (original) => ({ listen: (address, exchange) => original.listen(address, change(exchange)) });

/** Listeners are changed. */
const listening =
  (change: (listener: Listener) => Partial<Listener>): Spoil =>
  (original) => ({
    listen: async (address, exchange) => changed(await original.listen(address, exchange), change),
  });

/** Errors are changed on their way to the caller. */
const failing = (change: (error: MicroError) => Error): Spoil =>
  calling(
    (exchange) => (call) =>
      exchange(call).catch((error: unknown) => {
        throw change(MicroError.from(error));
      }),
  );

/** Reads as fast as it can, whoever reads it. */
async function* eager(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const kept: Uint8Array[] = [];
  let over = false;
  void (async () => {
    for await (const chunk of body) {
      kept.push(chunk);
      if (kept.length > 2_000) return;
    }
  })()
    .catch(() => undefined)
    .finally(() => (over = true));
  for (;;) {
    const chunk = kept.shift();
    if (chunk !== undefined) yield chunk;
    else if (over) return;
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
const eagerly = (body: Body): Body => (body instanceof Uint8Array ? body : eager(body));

/** Hands on what it reads, and never tells the source that its reader has gone. */
function deaf(body: Body): Body {
  if (body instanceof Uint8Array) return body;
  const iterator = body[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}

/** What is wrong, and the clause that must say so. */
const wrong: Record<string, [Spoil, RegExp]> = {
  'metadata of answers is lost': [
    calling((exchange) => async (call) => ({ ...(await exchange(call)), metadata: metadata() })),
    /arrives as it was sent/,
  ],
  'attempts do not travel': [
    serving((exchange) => (call) => exchange({ ...call, attempt: 1 })),
    /arrives as it was sent/,
  ],
  'metadata of its own comes along': [
    serving(
      (exchange) => (call) =>
        exchange({ ...call, metadata: metadata(call.metadata, { host: '127.0.0.1' }) }),
    ),
    /arrives as it was sent/,
  ],
  'metadata with a prototype': [
    serving((exchange) => (call) => exchange({ ...call, metadata: { ...call.metadata } })),
    /no prototype/,
  ],
  'letters are cut to bytes': [
    serving((exchange) => (call) => {
      const latin = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
      const pairs = Object.entries(call.metadata).map(([k, v]) => [k, latin(v)] as const);
      return exchange({ ...call, metadata: metadata(pairs) });
    }),
    /letters of any script/,
  ],
  'empty bodies become something else': [
    calling((exchange) => async (call) => {
      const answer = await exchange(call);
      const empty = answer.body instanceof Uint8Array && answer.body.length === 0;
      return empty ? { ...answer, body: Buffer.from('null') } : answer;
    }),
    /every size/,
  ],
  'a limit that cuts': [
    calling((exchange) => (call) => {
      const { body } = call;
      const cut = body instanceof Uint8Array ? body.slice(0, 512 * 1024) : body;
      return exchange({ ...call, body: cut });
    }),
    /above the limit is refused/,
  ],
  'codes that are guessed': [
    failing(({ message }) => new MicroError('unknown', message)),
    /every code/,
  ],
  'details that are lost': [
    failing(({ code, message, origin, refused }) => {
      return new MicroError(code, message, { origin, refused });
    }),
    /every code/,
  ],
  'refusals that are forgotten': [
    failing(({ code, message, origin, details }) => {
      return new MicroError(code, message, { origin, details });
    }),
    /every code/,
  ],
  'errors of another class': [failing(({ message }) => new Error(message)), /every code/],
  'deadlines that stay at home': [
    serving((exchange) => (call) => exchange({ ...call, lifetime: new Lifetime() })),
    /left of a deadline/,
  ],
  'cancels that stay at home': [
    serving(
      (exchange) => (call) => exchange({ ...call, lifetime: new Lifetime(call.lifetime.expires) }),
    ),
    /cancel rejects at once/,
  ],
  'cancels that wait for the server': [
    calling(
      (exchange) => (call) => exchange({ ...call, lifetime: new Lifetime(call.lifetime.expires) }),
    ),
    /cancel rejects at once/,
  ],
  'listeners that are left on lifetimes': [
    calling((exchange) => (call) => {
      call.lifetime.onEnd(() => undefined);
      return exchange(call);
    }),
    /leave no listener/,
  ],
  'streams that are read at once': [
    calling((exchange) => async (call) => {
      const answer = await exchange(call);
      return { ...answer, body: eagerly(answer.body) };
    }),
    /reader of answers that stalls/,
  ],
  'request streams that are read at once': [
    serving((exchange) => (call) => exchange({ ...call, body: eagerly(call.body) })),
    /server that stalls/,
  ],
  'streams that are collected first': [
    serving((exchange) => async (call) => {
      if (call.body instanceof Uint8Array) return exchange(call);
      const chunks: Uint8Array[] = [];
      for await (const chunk of call.body) chunks.push(chunk);
      const body = (async function* () {
        yield* chunks;
      })();
      return exchange({ ...call, body });
    }),
    /take turns/,
  ],
  'readers that leave unheard': [
    calling((exchange) => async (call) => {
      const answer = await exchange(call);
      return { ...answer, body: deaf(answer.body) };
    }),
    /stops reading ends the stream of the server/,
  ],
  'a drain that does not wait': [
    listening(() => ({ drain: async () => undefined })),
    /drains finishes what runs/,
  ],
  'a drain that refuses nothing': [
    (original) => ({
      listen: async (address, exchange) => {
        const running = new Set<Promise<unknown>>();
        const listener = await original.listen(address, (call) => {
          const work = exchange(call);
          running.add(work);
          return work;
        });
        return changed(listener, () => ({ drain: async () => void (await Promise.all(running)) }));
      },
    }),
    /drains finishes what runs/,
  ],
  'a close that leaves calls hanging': [
    calling(
      (exchange) => (call) =>
        exchange(call).catch((error: unknown) => {
          if (error instanceof MicroError && error.message.endsWith('is gone')) {
            return new Promise<never>(() => undefined);
          }
          throw error;
        }),
    ),
    /closing a listener fails/,
  ],
  'nobody, and no refusal': [
    (original) => ({
      connect: (target) =>
        original.connect(target).catch(() => {
          throw new MicroError('unavailable', 'nobody is there');
        }),
    }),
    /connecting to nobody/,
  ],
  'one address for all': [listening(() => ({ address: 'memory:1' })), /addresses of their own/],
};

describe('transports that break the contract are found out', () => {
  it.each(Object.entries(wrong))(
    '%s',
    async (_name, [spoil, sentence]) => {
      const plugin = () => broken('transport', spoil);
      const { failed } = await runKit(
        (its) => transportKit({ it: its, plugin, patience: 700 }),
        sentence,
      );
      expect([...failed.keys()]).toHaveLength(1);
      for (const message of failed.values()) expect(message).toMatch(/[a-z].*\./s);
    },
    30_000,
  );
});
