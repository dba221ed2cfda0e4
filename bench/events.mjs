// Events from one process to another. Who handles them tells who publishes how many it has had, over
// a socket of their own, so that no more than a window of them is on the way.
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { Latencies } from './latencies.mjs';

/** Most events that are published and not yet handled. */
const window = 1_024;
/** So many are told of at once, or those that came in so many ms. */
const toldAtOnce = 64;
const toldAfter = 5;
/** What has not come after so many ms, while nothing else came, is lost. */
const lostAfter = 2_000;

/** In ms, by a clock that the processes of one machine share. */
function now() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** Counts what is handled; the latency is the time from the publisher to the handler. */
export async function handledLoad(port) {
  const load = { calls: 0, latencies: new Latencies(), handled };
  const sockets = new Set();
  let untold = 0;
  let timer;
  function handled({ name, at }) {
    if (name !== 'John') throw new Error(`got ${name}`);
    load.calls++;
    load.latencies.add(Math.max(0, now() - at));
    if (++untold >= toldAtOnce) tell();
    else timer ??= setTimeout(tell, toldAfter);
  }
  function tell() {
    clearTimeout(timer);
    timer = undefined;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(untold);
    untold = 0;
    for (const socket of sockets) socket.write(count);
  }
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return load;
}

/** Hears of those that are handled. */
export async function publications(port) {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const state = { sent: 0, handled: 0, lost: 0, heard: performance.now() };
  const waiting = new Set();
  const wake = () => {
    for (const go of waiting) go();
    waiting.clear();
  };
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    for (; at + 4 <= rest.length; at += 4) state.handled += rest.readUInt32BE(at);
    rest = rest.subarray(at);
    state.heard = performance.now();
    wake();
  });
  return { state, change: () => new Promise((resolve) => waiting.add(resolve)), wake };
}

/** Publishes as fast as it can, awaits each publication, and has never more than the window on the way. */
export function publishLoad({ publish }, { state, change, wake }, fail) {
  const load = { stopping: false, lost: () => state.lost };
  const onTheWay = () => state.sent - state.handled - state.lost;
  state.heard = performance.now();
  const look = setInterval(() => {
    if (onTheWay() <= 0 || performance.now() - state.heard < lostAfter) return;
    state.lost += onTheWay();
    wake();
  }, lostAfter / 4);
  const lane = async () => {
    while (!load.stopping) {
      if (onTheWay() >= window) await change();
      else {
        state.sent++;
        await publish({ name: 'John', at: now() });
      }
    }
    while (onTheWay() > 0) await change();
  };
  load.ended = Promise.all(Array.from({ length: window }, lane)).finally(() => clearInterval(look));
  load.ended.catch(fail);
  return load;
}
