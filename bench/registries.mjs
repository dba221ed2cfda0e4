// npm run bench -- registries: 10,000 nodes in a real registry; what it costs to find one, how soon a
// change is known, and what one node and one watcher send and get while nothing happens.
import { setTimeout as sleep } from 'node:timers/promises';
import { countingProxy } from './counting-proxy.mjs';
import { startServers } from './servers.mjs';

const services = 10;
const nodesEach = 1_000;
/** And a service of a usual size. */
const small = { service: services, nodes: 10 };
const changes = 50;
/** Registrations at once, and their ttl in ms, which outlives the measurement. */
const lanes = 32;
const ttl = 3_600_000;

export const contenders = ['etcd', 'consul', 'redis'].map((name) => ({ name }));

const plugins = {
  etcd: (address) => ['@micro-ts/etcd', { addresses: address }],
  consul: (address) => ['@micro-ts/consul', { address }],
  redis: (address) => ['@micro-ts/redis', { address }],
};

/** @returns the figures of each */
export async function registries({ only, seconds }) {
  const kinds = contenders.map(({ name }) => name).filter((name) => only?.includes(name) ?? true);
  const servers = await startServers(kinds);
  const results = [];
  try {
    for (const name of kinds) {
      const { host, port } = servers.get(name);
      results.push({ name, ...(await measure(name, `${host}:${port}`, port, seconds)) });
    }
  } finally {
    await servers.close();
  }
  tell(results);
  return results;
}

async function measure(name, address, port, seconds) {
  const plugin = await pluginOf(name, address);
  const [writer, reader] = [openOf(plugin), openOf(plugin)];
  try {
    const began = performance.now();
    await inLanes(nodes(), await wayIn(name, writer.registry, address));
    const filledMs = performance.now() - began;
    console.log(`${name}: ${services * nodesEach} nodes registered in ${filledMs.toFixed(0)} ms`);
    const lookupUs = await lookUp(reader.registry);
    console.log(`${name}: a lookup from the cache takes ${lookupUs.toFixed(3)} µs`);
    await inLanes(nodesOf(small.service, small.nodes), (node) =>
      writer.registry.register(node, ttl),
    );
    const changeMs = await change(writer, reader, nodeOf(small.service, small.nodes));
    console.log(`${name}: a change among ${small.nodes} is known after ${line(changeMs)}`);
    const largeChangeMs = await change(writer, reader, nodeOf(0, nodesEach));
    console.log(`${name}: a change among ${nodesEach} is known after ${line(largeChangeMs)}`);
    const traffic = await listen(name, port, seconds * 20_000);
    return { filledMs, lookupUs, changeMs, largeChangeMs, traffic };
  } finally {
    await Promise.all([writer.close(), reader.close()]);
  }
}

/** How all those nodes get in. One agent of Consul is not made for so many: they go to its catalog. */
async function wayIn(name, registry, address) {
  if (name !== 'consul') return (node) => registry.register(node, ttl);
  const { registration } = await import('../plugins/consul/dist/records.js');
  return async (node) => {
    const { ID, Name: Service, Check: _, ...rest } = JSON.parse(registration(node, ttl));
    const response = await fetch(`http://${address}/v1/catalog/register`, {
      method: 'PUT',
      body: JSON.stringify({
        ...{ Node: `agent-${ID}`, Address: rest.Address, Service: { ID, Service, ...rest } },
        Check: { CheckID: `service:${ID}`, Name: 'alive', Status: 'passing', ServiceID: ID },
      }),
    });
    if (!response.ok) throw new Error(`consul answers ${response.status} ${await response.text()}`);
  };
}

async function pluginOf(name, address) {
  const [module, options] = plugins[name](address);
  const { default: plugin } = await import(module);
  return plugin(options);
}

/** Opens the plugin as an app does, with a connection of its own. */
function openOf(plugin) {
  const logger = { debug() {}, info() {}, warn: console.warn, error: console.error };
  logger.with = () => logger;
  const open = plugin.open({ app: 'bench', logger, limits: { ...limits } });
  const network = async () => ({ bind: '127.0.0.1', advertise: '127.0.0.1' });
  const registry = open.create('registry', { network });
  return { registry, close: () => open.close() };
}

/** The defaults, with patience for a list of so many nodes on a busy machine. */
const limits = {
  messageBytes: 4 * 2 ** 20,
  metadataBytes: 64 * 2 ** 10,
  handshake: 30_000,
  callsPerConnection: 1_024,
};

const nameOf = (service) => `bench-${service}`;

const nodeOf = (service, at) => ({
  id: `${nameOf(service)}-${at}`,
  service: nameOf(service),
  version: '1.0.0',
  address: `10.0.${at >> 8}.${at & 255}:8080`,
  metadata: { transport: 'http', protocol: 'mucp', zone: `eu-${at % 3}` },
  endpoints: [{ name: 'Greeter.Hello', kind: 'unary', metadata: {} }],
});

function* nodes() {
  for (let service = 0; service < services; service++) yield* nodesOf(service, nodesEach);
}

function* nodesOf(service, count) {
  for (let at = 0; at < count; at++) yield nodeOf(service, at);
}

async function inLanes(values, work) {
  const lane = async () => {
    for (const value of values) await work(value);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** What core asks for each call: the view of a service, and its candidates. In µs. */
async function lookUp(registry) {
  const [{ Resolver }, { Health }] = await Promise.all(
    ['resolver', 'health'].map((file) => import(`../framework/core/dist/${file}.js`)),
  );
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const transport = { connect: () => new Promise(() => undefined) };
  const resolver = new Resolver(registry, new Map([['http', transport]]), new Health(logger));
  const names = Array.from({ length: services }, (_, service) => nameOf(service));
  const found = (name) => resolver.service(name).candidates(undefined).length;
  try {
    const began = performance.now();
    while (!names.every((name) => found(name) === nodesEach)) {
      if (performance.now() - began > 60_000) throw new Error('not all nodes were found');
      await sleep(20);
    }
    return perLookup((at) => found(names[at % services]));
  } finally {
    await resolver.close();
  }
}

function perLookup(look) {
  const times = 1_000_000;
  let sum = 0;
  for (let at = 0; at < times / 10; at++) sum += look(at); // until it is compiled
  const began = performance.now();
  for (let at = 0; at < times; at++) sum += look(at);
  const taken = performance.now() - began;
  if (sum !== times * 1.1 * nodesEach) throw new Error('some nodes were not found');
  return (taken * 1_000) / times;
}

/** From the call that registers or takes away a node, to the watcher's news of it. In ms. */
async function change({ registry: writer }, { registry: reader }, node) {
  let heard = () => undefined;
  const listener = (changed) => {
    const told = changed.get(node.service);
    if (told !== undefined) heard(told.some(({ id }) => id === node.id));
  };
  const watch = await reader.watch(listener, node.service);
  const taken = [];
  try {
    for (let at = 0; at < changes; at++) {
      const comes = at % 2 === 0;
      const known = new Promise((resolve) => (heard = (there) => there === comes && resolve()));
      const began = performance.now();
      const changed = comes ? writer.register(node, ttl) : writer.deregister(node);
      await known;
      taken.push(performance.now() - began);
      await changed;
      await sleep(50 + Math.random() * 100);
    }
  } finally {
    await watch.close();
  }
  taken.sort((a, b) => a - b);
  const at = (share) => rounded(taken[Math.ceil(share * taken.length) - 1]);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

const rounded = (value) => Number(value.toFixed(2));

/** Bytes and segments that a registered node, and a process that watches one service, have in a minute. */
async function listen(name, port, ms) {
  const { createApp, Handler, Service, unchecked } = await import('micro-ts');
  class Greeter {
    async hello({ name: who }) {
      return { msg: `Hello ${who}` };
    }
  }
  Handler({ request: unchecked })(Greeter.prototype, 'hello');
  Service('quiet-greeter')(Greeter);
  const proxies = [await countingProxy(port), await countingProxy(port)];
  const apps = [];
  try {
    const configs = await Promise.all(
      proxies.map(async (proxy) => ({
        registry: await pluginOf(name, `127.0.0.1:${proxy.port}`),
        ...{ transport: 'http', broker: 'memory', log: 'error' },
      })),
    );
    apps.push(await createApp({ ...configs[0], grace: 0 }, [Greeter]));
    apps.push(await createApp(configs[1]));
    await apps[1].client('quiet-greeter').hello({ name: 'John' });
    await sleep(2_000);
    const before = proxies.map(({ count }) => ({ ...count }));
    await sleep(ms);
    const [node, watcher] = proxies.map(({ count }, at) => perMinute(count, before[at], ms));
    return { node, watcher };
  } finally {
    for (const app of apps.reverse()) await app.close();
    for (const proxy of proxies) proxy.close();
  }
}

const perMinute = (then, before, ms) =>
  Object.fromEntries(
    Object.keys(then).map((key) => [key, Math.round(((then[key] - before[key]) * 60_000) / ms)]),
  );

const line = ({ p50, p99, max }) => `p50 ${p50} p99 ${p99} max ${max} ms`;

function tell(results) {
  const columns = (ms) =>
    [ms.p50, ms.p99, ms.max].map((value) => String(value).padStart(8)).join('');
  console.log('\nregistry   lookup µs   change, p50 p99 max ms: among 10          among 1,000');
  for (const { name, lookupUs, changeMs, largeChangeMs } of results)
    console.log(
      name.padEnd(11) +
        lookupUs.toFixed(3).padStart(9) +
        columns(changeMs).padStart(37) +
        columns(largeChangeMs),
    );
  console.log(
    '\nregistry   a minute of a registered node               a minute of a watcher of one service',
  );
  for (const { name, traffic } of results)
    console.log(name.padEnd(11) + amount(traffic.node).padEnd(44) + amount(traffic.watcher));
}

const amount = ({ sent, sentBytes, got, gotBytes }) =>
  `${sent} segments, ${sentBytes} B out, ${got}, ${gotBytes} B in`;
