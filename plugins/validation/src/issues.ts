import type { SchemaIssue } from '@micro-ts/interface';
import type { ValidationError } from 'class-validator';

export type Path = readonly PropertyKey[];

/** More than this many help nobody, and a hostile list could have a million. */
export const maxIssues = 50;

/** What class-validator found, as a flat list with paths. */
export function issuesOf(errors: readonly ValidationError[]): readonly SchemaIssue[] {
  const issues: SchemaIssue[] = [];
  for (const error of errors) collect(error, [], issues);
  return issues;
}

function collect(error: ValidationError, above: Path, issues: SchemaIssue[]): void {
  if (issues.length >= maxIssues) return;
  const property = error.property as string | undefined; // an unknown value has none
  const path = property === undefined ? above : [...above, step(property)];
  for (const [rule, message] of Object.entries(error.constraints ?? {})) {
    issues.push({ path, message: rule === 'unknownValue' ? unknown : short(message, property) });
  }
  for (const child of error.children ?? []) collect(child, path, issues);
}

const unknown = 'is nothing that has rules';

/** Indexes of lists come as text. */
const step = (property: string): PropertyKey =>
  /^\d{1,9}$/.test(property) ? Number(property) : property;

const nested = /^(each value in )?nested property \S+ must be either object or array$/;

/** The message without the property's name, which the path tells. */
function short(message: string, property = ''): string {
  if (nested.test(message)) return 'must be an object';
  if (message.startsWith(`${property} `)) return message.slice(property.length + 1);
  return message.replace(`each value in ${property} `, 'each value ');
}
