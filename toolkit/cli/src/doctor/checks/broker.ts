import { randomUUID } from 'node:crypto';
import { broken, fine } from '../finding.ts';
import type { Found } from '../finding.ts';
import { pluginOf } from '../surroundings.ts';
import type { Surroundings } from '../surroundings.ts';

/** Whether a topic can be subscribed to. Nobody else uses it, and nothing stays of it. */
export async function checkBroker(around: Surroundings): Promise<readonly Found[]> {
  const app = await around.app();
  const { config } = await around.config();
  const { name } = pluginOf('broker', config, around.variables, 'http');
  const began = performance.now();
  const before = new Set(Object.keys(app.health().parts));
  const topic = `micro.doctor.${randomUUID()}`;
  const subscription = await app.subscribe(topic, async () => undefined, {
    delivery: 'at-most-once',
  });
  try {
    const own = Object.entries(app.health().parts).filter(([part]) => !before.has(part));
    const down =
      own.find(([part, { up }]) => !up && part.includes(topic)) ?? own.find(([, { up }]) => !up);
    if (down === undefined)
      return [fine(`${name} answers in ${(performance.now() - began).toFixed(0)} ms`)];
    const fix = `Start ${name}, or correct its address: broker in micro.config.ts, or MICRO_BROKER_ADDRESS`;
    return [broken(`${name} takes no subscription`, down[1].reason ?? 'it does not say why', fix)];
  } finally {
    await subscription.close();
  }
}
