import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { misuse } from '@micro-ts/commands';
import type { Terminal } from '../local-command.ts';
import { checkAddress } from './checks/address.ts';
import { checkBroker } from './checks/broker.ts';
import { checkConfiguration } from './checks/configuration.ts';
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

/** What `micro doctor` is told. */
export interface DoctorInput {
  readonly folder: string;
  readonly patience: number;
}

type Check = (around: Surroundings) => readonly Found[] | Promise<readonly Found[]>;
type NamedCheck = readonly [name: string, look: Check];

/** A configuration that cannot be read is told once, by the check that is for it. */
function configured(check: Check): Check {
  return async (around) => {
    const found = await around.config().catch(() => undefined);
    return found === undefined ? [] : check(around);
  };
}

/** Those that need nothing, or the configuration alone. */
const first: readonly NamedCheck[] = [
  ['node', () => checkNode()],
  ['packages', ({ folder }) => checkPackages(folder)],
  ['variables', checkVariables],
  ['multicast', configured(checkMulticast)],
  // Whoever opens the registry tidies its folder.
  ['registry folder', configured(checkLocalFolder)],
];

/** Those that need an app; without one there is nothing to ask. */
const second: readonly NamedCheck[] = [
  ['registry', checkRegistry],
  ['address', checkAddress],
  ['nodes', checkNodes],
];

/**
 * Looks at everything, side by side, and prints what it finds.
 * @returns 1 if something is broken
 */
export async function examine(input: DoctorInput, terminal: Terminal): Promise<number> {
  const folder = resolve(input.folder);
  if (!existsSync(folder)) throw misuse(`there is no folder ${input.folder}`);
  const [around, close] = surroundings(folder, input.patience);
  process.env['MICRO_LOG_LEVEL'] ??= 'silent'; // what is wrong is told here
  const run = async ([check, look]: NamedCheck): Promise<readonly Finding[]> => {
    const found = await inTime(async () => look(around), around.patience);
    return found.map((each) => ({ check, ...each }));
  };
  const early = await Promise.all(first.map(run));
  const configuration = await run(['configuration', checkConfiguration]);
  const works = configuration.every(({ severity }) => severity !== 'broken');
  const late = works ? await Promise.all(second.map(run)) : [];
  // A subscription may stand in the registry, where the others would take it for somebody's.
  const last = works ? await run(['broker', checkBroker]) : [];
  const findings = [...early.flat(), ...configuration, ...late.flat(), ...last];
  const closing = new Promise((done) => setTimeout(done, 2_000).unref());
  await Promise.race([close(), closing]);
  terminal.show(report(findings));
  return findings.some(({ severity }) => severity === 'broken') ? 1 : 0;
}

/** What the check says; that it takes too long or fails is a finding too. */
async function inTime(
  check: () => Promise<readonly Found[]>,
  patience: number,
): Promise<readonly Found[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Found[]>((resolve) => {
    const why = `It was given ${patience / 1_000} s`;
    const found = broken(
      'does not come to an end',
      why,
      'Look for what hangs; --patience gives it longer',
    );
    timer = setTimeout(() => resolve([found]), patience);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return [broken('cannot be looked at', reasonOf(error), 'Mend that first')];
  } finally {
    clearTimeout(timer);
  }
}
