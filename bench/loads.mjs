// What a client does while it is measured. A load counts what is done, and how long each took.
import { Latencies } from './latencies.mjs';

// Calls within a process need no turn of the event loop: we take one now and then, to be heard.
const takeTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Calls, `inFlight` at any time, each followed by the next. */
export function callLoad({ call }, inFlight, fail) {
  const load = { calls: 0, latencies: new Latencies(), stopping: false };
  let turn;
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
export function streamLoad({ messages }, fail) {
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
