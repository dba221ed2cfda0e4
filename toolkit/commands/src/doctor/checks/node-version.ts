import { broken, fine } from '../finding.ts';
import type { Found } from '../finding.ts';

/** Least versions of Node, by their lines. */
const least: Readonly<Record<number, number>> = { 20: 19, 21: Infinity, 22: 12 };

/** Whether this Node can run Micro. */
export function checkNode(version: string = process.versions.node): readonly Found[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || minor >= (least[major] ?? Infinity)) return [fine(`Node ${version}`)];
  const why = 'Micro needs 20.19, 22.12 or later: older ones cannot require modules';
  return [broken(`Node ${version} is too old`, why, 'Install Node 22 or 24')];
}
