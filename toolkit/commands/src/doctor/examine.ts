import type { Micro } from '../command.ts';
import type { Output } from '../output.ts';
import { checkAddress } from './checks/address.ts';
import { checkBroker } from './checks/broker.ts';
import { checkConfiguration, isConfigError, misconfigured } from './checks/configuration.ts';
import { checkLocalFolder } from './checks/local-folder.ts';
import { checkMulticast } from './checks/multicast.ts';
import { checkNode } from './checks/node-version.ts';
import { checkNodes } from './checks/nodes.ts';
import { checkPackages } from './checks/packages.ts';
import { checkRegistry } from './checks/registry.ts';
import { checkVariables } from './checks/variables.ts';
import { broken } from './finding.ts';
import type { Finding, Found } from './finding.ts';
import { reasonOf } from './reason.ts';
import { report } from './report.ts';
import { surroundings } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

type NamedCheck = readonly [
  name: string,
  look: (around: Surroundings) => readonly Found[] | Promise<readonly Found[]>,
];

/** One group after the other; those of a group side by side. */
const groups: readonly (readonly NamedCheck[])[] = [
  // Of this process. Whoever opens the registry tidies its folder, so that comes before.
  [
    ['node', () => checkNode()],
    ['packages', checkPackages],
    ['variables', checkVariables],
    ['configuration', checkConfiguration],
    ['multicast', checkMulticast],
    ['registry folder', checkLocalFolder],
  ],
  [
    ['registry', checkRegistry],
    ['address', checkAddress],
    ['nodes', checkNodes],
  ],
  // A subscription may stand in the registry, where the others would take it for somebody's.
  [['broker', checkBroker]],
];

/** Looks at everything. @param timeout longest time for each check, in ms */
export async function examine(micro: Micro, timeout: number): Promise<Output> {
  const around = surroundings(micro, timeout);
  const found: Finding[] = [];
  for (const group of groups)
    found.push(...(await Promise.all(group.map((check) => run(check, around)))).flat());
  return report(withoutEchoes(found));
}

/** What the check says; that it takes too long or fails is a finding too. */
async function run([check, look]: NamedCheck, around: Surroundings): Promise<readonly Finding[]> {
  const { timeout } = around;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Found[]>((resolve) => {
    const why = `It was given ${timeout / 1_000} s`;
    const fix = 'Look for what hangs; --timeout gives it longer';
    timer = setTimeout(() => resolve([broken('does not come to an end', why, fix)]), timeout);
  });
  try {
    const found = await Promise.race([(async () => look(around))(), late]);
    return found.map((each) => ({ check, ...each }));
  } catch (error) {
    if (isConfigError(error)) return [{ check: 'configuration', ...misconfigured(error) }];
    return [{ check, ...broken('cannot be looked at', reasonOf(error), 'Mend that first') }];
  } finally {
    clearTimeout(timer);
  }
}

/** Every check that needs the configuration comes across what is wrong with it: it is told once. */
function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  const told = new Set<string>();
  const bad = new Set(findings.flatMap((each) => (each.severity === 'broken' ? [each.check] : [])));
  return findings.filter(({ severity, check, what }) => {
    if (severity === 'fine') return !bad.has(check);
    const echo = told.has(`${check}: ${what}`);
    told.add(`${check}: ${what}`);
    return !echo;
  });
}
