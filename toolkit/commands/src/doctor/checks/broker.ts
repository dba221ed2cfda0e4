import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { rawJson } from '../../request-body.ts';
import { broken, fine } from '../finding.ts';
import type { Found } from '../finding.ts';
import { reasonOf } from '../reason.ts';
import type { Surroundings } from '../surroundings.ts';

/** How long, in ms, an event is waited for before it is sent once more. */
const pause = 100;

/** Whether an event arrives, on a topic that nobody else uses. Nothing stays of it. */
export async function checkBroker({ micro, timeout }: Surroundings): Promise<readonly Found[]> {
  const topic = `micro.doctor.${randomUUID()}`;
  let arrived!: () => void;
  const arrival = new Promise<true>((resolve) => (arrived = () => resolve(true)));
  const began = performance.now();
  const subscription = await micro.subscribe(topic, async () => arrived(), {
    raw: true,
    delivery: 'at-most-once',
  });
  try {
    let reason = 'It was sent, and did not come back';
    // Those who publish may not know yet who has subscribed, and a server may be on its way.
    while (performance.now() - began < timeout * 0.8) {
      const sent = performance.now();
      reason = await micro.publish(topic, rawJson('{}')).then(() => reason, reasonOf);
      if (await Promise.race([arrival, wait(pause)]))
        return [fine(`an event arrives after ${(performance.now() - sent).toFixed(0)} ms`)];
    }
    const fix =
      'Start it, or correct its address: broker in micro.config.ts, or MICRO_BROKER_ADDRESS';
    return [broken('no event arrives', reason, fix)];
  } finally {
    await subscription.close();
  }
}
