import { MicroError } from 'micro-ts';
import type { AppHealth, DebugStats, Node } from 'micro-ts';
import { askAll } from '../../ask-all.ts';
import type { Micro } from '../../command.ts';
import { broken, fine, warning } from '../finding.ts';
import type { Found } from '../finding.ts';
import { reasonOf } from '../reason.ts';
import type { Surroundings } from '../surroundings.ts';

/** Clocks that are further apart, in seconds, confuse logs and leases. Nodes tell theirs in seconds. */
const skew = 3;

/** Whether all nodes that are registered answer, are well, and have the right time. */
export async function checkNodes({ micro, timeout }: Surroundings): Promise<readonly Found[]> {
  const services = await micro.list();
  const nodes = (await Promise.all(services.map((service) => micro.lookup(service)))).flat();
  if (nodes.length === 0) return [fine('none is registered')];
  const found = (await askAll(nodes, (node) => ask(micro, node, timeout / 2))).flat();
  return found.length > 0 ? found : [fine(`all ${nodes.length} answer, and are well`)];
}

async function ask(micro: Micro, node: Node, timeout: number): Promise<readonly Found[]> {
  const { service, id, address } = node;
  const options = { address, timeout, retries: 0 };
  const [health, stats] = await Promise.allSettled([
    micro.call(service, 'Debug.Health', {}, options),
    micro.call(service, 'Debug.Stats', {}, options),
  ]);
  if (health.status === 'rejected') return silent(node, health.reason);
  const found: Found[] = [];
  const { status, parts = {} } = health.value as Partial<AppHealth>;
  if (status === 'degraded') {
    const down = Object.entries(parts).filter(([, { up, needed }]) => needed && !up);
    const why = down.map(([name, { reason = 'down' }]) => `${name}: ${reason}`).join('; ');
    found.push(
      warning(`${id} at ${address} is degraded`, why, 'It mends itself when what it needs is back'),
    );
  }
  if (stats.status === 'fulfilled') found.push(...clock(node, stats.value as DebugStats));
  return found;
}

/** Those that refuse to tell of themselves are there all the same. */
function silent({ id, address }: Node, reason: unknown): readonly Found[] {
  const { code, message } = MicroError.from(reason);
  if (message.startsWith('speaks '))
    return [
      warning(
        `${id} at ${address} cannot be asked`,
        `It ${message}`,
        'Add that transport to transport in micro.config.ts',
      ),
    ];
  if (code !== 'unavailable' && code !== 'deadline_exceeded') return [];
  const fix =
    'If its process is gone, it goes when its ttl ends, or by micro deregister; else look into its log';
  return [broken(`${id} at ${address} is registered and does not answer`, reasonOf(reason), fix)];
}

/** Nodes say when they began and for how long they have run, so they say what time it is. */
function clock({ id }: Node, { started, uptime }: DebugStats): readonly Found[] {
  const theirs = Number(started) + Number(uptime);
  const ahead = theirs - Date.now() / 1_000;
  if (!Number.isFinite(ahead) || Math.abs(ahead) <= skew) return [];
  const text = `the clock of ${id} is ${Math.abs(ahead).toFixed(0)} s ${ahead > 0 ? 'ahead' : 'behind'}`;
  return [
    warning(text, 'Times in logs and leases of registries do not fit', 'Run NTP on both machines'),
  ];
}
