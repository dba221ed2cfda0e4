import type { Written } from './write-files.ts';

/** Where lines for the person go. */
interface Listener {
  info(line: string): void;
  warn(line: string): void;
}

/** Says what a formatter or the list of files does not: that nothing changed, and what was left alone. */
export function tell(
  to: Listener,
  { created, kept, replaced }: Written,
  changed: readonly string[],
  nothing: string,
): void {
  for (const path of kept)
    to.warn(`${path} differs from what would be written, and is kept; --force overwrites it.`);
  if (created.length + replaced.length + changed.length + kept.length === 0) to.info(nothing);
}
