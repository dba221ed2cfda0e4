import { fine, broken, warning } from '../finding.ts';
import type { Found } from '../finding.ts';
import { pluginOf } from '../surroundings.ts';
import type { Surroundings } from '../surroundings.ts';
import { reasonOf } from '../reason.ts';

/** An answer that takes longer, in ms, makes every start and every new service slow. */
const long = 500;

/** Whether the registry answers, and how fast. */
export async function checkRegistry(around: Surroundings): Promise<readonly Found[]> {
  const app = await around.app();
  const { config } = await around.config();
  const { name } = pluginOf('registry', config, around.variables, 'local');
  const began = performance.now();
  let services: readonly string[];
  try {
    services = await app.list();
  } catch (error) {
    const fix = `Start ${name}, or correct its address: registry in micro.config.ts, or MICRO_REGISTRY_ADDRESS`;
    return [broken(`${name} does not answer`, reasonOf(error), fix)];
  }
  const ms = performance.now() - began;
  const text = `${name} answers in ${ms.toFixed(0)} ms and knows ${services.length} services`;
  if (ms < long) return [fine(text)];
  return [
    warning(
      text,
      'That is slow: nodes are found late',
      'Look for load or distance between here and the server',
    ),
  ];
}
