// What Micro promises of its speed: ratios of medians in one run, and a few absolute rates.

const cpu = ({ cpuUs }) => cpuUs.median;
const rate = ({ callsPerSec }) => callsPerSec;

const bars = [
  atMost('CPU per call', cpu, 'micro-frames', 0.4, 'nest-tcp'),
  atMost('CPU per call', cpu, 'micro-frames', 0.45, 'moleculer-tcp'),
  atMost('CPU per call', cpu, 'micro-frames', 2, 'mux-floor'),
  atLeast('calls per second', rate, 'micro-frames', 2, 'nest-tcp'),
  atLeast('calls per second', rate, 'micro-frames', 1.6, 'moleculer-tcp'),
  atMost('CPU per call', cpu, 'micro-http', 1.25, 'http-undici'),
  atLeast('calls per second', rate, 'micro-local', 500_000),
  atLeast('messages per second', rate, 'micro-stream', 500_000),

  atMost('CPU per call', cpu, 'micro-nats', 0.9, 'moleculer-nats'),
  atMost('CPU per call', cpu, 'micro-nats', 0.6, 'nest-nats'),

  atMost('CPU of the gateway per request', cpu, 'gateway-micro', 0.8, 'gateway-moleculer'),
  atMost('CPU of the gateway per request', cpu, 'gateway-micro', 0.8, 'gateway-nest'),
  atMost('CPU of the gateway per request', cpu, 'gateway-micro', 0.8, 'gateway-nest-fastify'),
  added('p99 that the gateway adds at half load, ms', ({ p99 }) => p99, 'gateway-micro-half', 1),

  ...['nats', 'redis', 'rabbitmq'].flatMap((kind) => [
    ...asFast(`${kind}-once`, 'nest', 'moleculer'),
    ...asFast(`${kind}-acked`, 'nest', 'moleculer'),
  ]),

  ...['etcd', 'consul'].flatMap((kind) => [
    below('lookup from the cache, µs', ({ lookupUs }) => lookupUs, kind, 2),
    below('a change among 10 nodes is known, worst, ms', ({ changeMs }) => changeMs.max, kind, 200),
    below('the same among 1,000', ({ largeChangeMs }) => largeChangeMs.max, kind, 200),
  ]),
];

/** The bars whose contenders ran, each with what was measured. */
export function judge(results) {
  const find = (name) => results.find((result) => result.name === name);
  return bars
    .filter(({ name, other }) => find(name) && (other === undefined || find(other)))
    .map(({ text, name, other, of, bar, isMet, compare = ratio }) => {
      const beside = other === undefined ? undefined : of(find(other));
      const measured = compare(of(find(name)), beside);
      return { text, measured, bar, met: isMet(measured) };
    });
}

/** What one has beside the other, or by itself. */
const ratio = (own, beside = 1) => own / beside;

/** @returns whether all are met */
export function tellBars(judged) {
  if (judged.length > 0) console.log('');
  for (const { text, measured, met } of judged) {
    const figure =
      measured >= 1_000 ? Math.round(measured).toLocaleString('en') : measured.toFixed(2);
    console.log(`${met ? 'met   ' : 'MISSED'}  ${text}: ${figure}`);
  }
  return judged.every(({ met }) => met);
}

function atMost(what, of, name, bar, other) {
  const text = `${what}: ${name} ≤ ${bar} × ${other}`;
  return { text, name, other, of, bar, isMet: (measured) => measured <= bar };
}

function atLeast(what, of, name, bar, other) {
  const text = `${what}: ${name} ≥ ${bar.toLocaleString('en')}${other ? ` × ${other}` : ''}`;
  return { text, name, other, of, bar, isMet: (measured) => measured >= bar };
}

function below(what, of, name, bar) {
  return { text: `${what}: ${name} < ${bar}`, name, of, bar, isMet: (measured) => measured < bar };
}

/** What a contender has more than a direct call. */
function added(what, of, name, bar) {
  const text = `${what}: ${name} < ${bar}`;
  const compare = (own, direct) => own - direct;
  const isMet = (measured) => measured < bar;
  return { text, name, other: 'direct-half', of, bar, compare, isMet };
}

/** Events of Micro beside those of peers at the same guarantee. */
function asFast(kind, ...peers) {
  return peers.map((peer) =>
    atLeast('events per second', rate, `micro-${kind}`, 1, `${peer}-${kind}`),
  );
}
