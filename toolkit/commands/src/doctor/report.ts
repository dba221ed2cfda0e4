import type { Output } from '../output.ts';
import type { Finding, Severity } from './finding.ts';

const order: readonly Severity[] = ['broken', 'warning', 'fine'];
const marks: Readonly<Record<Severity, string>> = { broken: '✖', warning: '!', fine: '✔' };

/** Findings as data and as text, the worst first. It has failed if something is broken. */
export function report(findings: readonly Finding[]): Output {
  const all = order.flatMap((severity) => findings.filter((each) => each.severity === severity));
  const count = (severity: Severity): number =>
    all.filter((each) => each.severity === severity).length;
  const lines = all.flatMap(({ severity, check, what, why, fix }) => [
    `${marks[severity]} ${check}: ${what}`,
    ...(why === undefined ? [] : [`    ${why}`]),
    ...(fix === undefined ? [] : [`    → ${fix}`]),
  ]);
  lines.push(`${count('broken')} broken, ${count('warning')} warnings, ${count('fine')} fine`);
  const columns = ['severity', 'check', 'what', 'why', 'fix'];
  const rows = all.map(({ severity, check, what, why = '', fix = '' }) => [
    severity,
    check,
    what,
    why,
    fix,
  ]);
  const text = lines.join('\n');
  return { data: all, text, table: { columns, rows }, failed: count('broken') > 0 };
}
