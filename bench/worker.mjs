// One process of a contender: its server, or the client that drives the load and measures.
// The parent asks over IPC, one question at a time; each is answered with { value } or { error }.
import { Latencies } from './latencies.mjs';

const [name, role] = process.argv.slice(2);
const contender = await import(`./contenders/${name}.mjs`);

let opened;
let load;

const questions = {
  async open(options) {
    opened = await (role === 'server' ? contender.serve(options) : contender.connect(options));
  },
  run({ inFlight }) {
    load = opened.messages ? streamLoad(opened) : callLoad(opened, inFlight);
  },
  /** A reading; the difference of two is what happened between them. */
  mark() {
    const { user, system } = process.cpuUsage();
    const reading = { cpuUs: user + system, rss: process.memoryUsage.rss(), at: performance.now() };
    if (load === undefined) return reading;
    const { latencies } = load;
    load.latencies = new Latencies();
    return { ...reading, calls: load.calls, ...latencies.summary() };
  },
  async stop() {
    load.stopping = true;
    await load.ended;
    load = undefined;
  },
  /** Waits for the end of a stream that ends by itself. */
  drain: () => load.ended,
  async close() {
    await opened.close();
    // Some leave a timer behind; nothing more is to be measured here.
    setTimeout(() => process.exit(0), 100);
  },
};

process.on('message', async ({ question, options }) => {
  try {
    process.send({ value: await questions[question](options) });
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit(0));

/** Calls, `inFlight` at any time, each followed by the next. */
function callLoad({ call }, inFlight) {
  const load = { calls: 0, latencies: new Latencies(), stopping: false };
  // Calls within a process need no turn of the event loop: we take one now and then, to be heard.
  let turn;
  const takeTurn = () => new Promise((resolve) => setImmediate(resolve));
  const lane = async () => {
    while (!load.stopping) {
      const began = performance.now();
      const { msg } = await call();
      load.latencies.add(performance.now() - began);
      if (msg !== 'Hello John') throw new Error(`answered ${msg}`);
      if (++load.calls % 2_048 === 0) turn = takeTurn().then(() => (turn = undefined));
      if (turn !== undefined) await turn;
    }
  };
  load.ended = Promise.all(Array.from({ length: inFlight }, lane));
  load.ended.catch(fail);
  return load;
}

/** Messages of one stream; the latency is the gap between two of them. */
function streamLoad({ messages }) {
  const load = { calls: 0, latencies: new Latencies(), stopping: false };
  const read = async () => {
    let last = performance.now();
    for await (const message of messages()) {
      if (message === undefined) throw new Error('a message is empty');
      load.calls++;
      if (load.calls % 16 === 0) {
        const now = performance.now();
        load.latencies.add((now - last) / 16);
        last = now;
      }
      if (load.stopping) break;
    }
  };
  load.ended = read();
  load.ended.catch(fail);
  return load;
}

function fail(error) {
  console.error(`${name}:`, error);
  process.exit(1);
}
