import { fine, broken, warning } from '../finding.ts';
import type { Found } from '../finding.ts';
import { reasonOf } from '../reason.ts';
import type { Surroundings } from '../surroundings.ts';
import { isConfigError } from './configuration.ts';

/** An answer that takes longer, in ms, makes every start and every new service slow. */
const long = 500;

/** Whether the registry answers, and how fast. */
export async function checkRegistry({ micro }: Surroundings): Promise<readonly Found[]> {
  let services: readonly string[];
  let began = performance.now();
  try {
    await micro.list(); // which may open what it takes
    began = performance.now();
    services = await micro.list();
  } catch (error) {
    if (isConfigError(error)) throw error;
    const fix =
      'Start it, or correct its address: registry in micro.config.ts, or MICRO_REGISTRY_ADDRESS';
    return [broken('does not answer', reasonOf(error), fix)];
  }
  const ms = performance.now() - began;
  const text = `answers in ${ms.toFixed(0)} ms and knows ${services.length} services`;
  if (ms < long) return [fine(text)];
  return [
    warning(
      text,
      'That is slow: nodes are found late',
      'Look for load or distance between here and the server',
    ),
  ];
}
