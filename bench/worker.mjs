// One process of a contender: its server, a gateway before that, or the client that drives the load and measures.
// The parent asks over IPC, one question at a time; each is answered with { value } or { error }.
import { handledLoad, publications, publishLoad } from './events.mjs';
import { Latencies } from './latencies.mjs';
import { callLoad, streamLoad } from './loads.mjs';

const [name, role] = process.argv.slice(2);
const contender = await import(`./contenders/${name}.mjs`);

let opened;
let load;
let published;

const questions = {
  async open(options) {
    const { events, otherPort } = options ?? {};
    if (role === 'server') {
      if (events) load = await handledLoad(otherPort);
      opened = await contender.serve({ ...options, handled: load?.handled });
    } else if (role === 'gateway') {
      opened = await contender.forward(options);
    } else {
      opened = await contender.connect(options);
      if (events) published = await publications(otherPort);
    }
  },
  run({ inFlight }) {
    if (published !== undefined) load = publishLoad(opened, published, fail);
    else load = opened.messages ? streamLoad(opened, fail) : callLoad(opened, inFlight, fail);
  },
  /** A reading; the difference of two is what happened between them. */
  mark() {
    const { user, system } = process.cpuUsage();
    const reading = { cpuUs: user + system, rss: process.memoryUsage.rss(), at: performance.now() };
    if (load === undefined) return reading;
    if (load.lost !== undefined) return { ...reading, lost: load.lost() };
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

function fail(error) {
  console.error(`${name}:`, error);
  process.exit(1);
}
