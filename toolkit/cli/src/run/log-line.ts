/**
 * A line of Micro's log as terminals have it: programs write JSON, since nobody sees them. Any other
 * line stays as it is.
 */
export function forPeople(line: string): string {
  if (!line.startsWith('{"time":"')) return line;
  try {
    const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
    if (typeof level !== 'string' || typeof message !== 'string') return line;
    const rest = Object.entries(fields).map(([key, value]) => `${key}=${textOf(value)}`);
    const text = [String(time).slice(11, 23), level.padEnd(5), message, ...rest].join(' ');
    // JSON had made them harmless; a terminal would obey.
    return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd');
  } catch {
    return line;
  }
}

const textOf = (value: unknown): string =>
  typeof value === 'string' && !/[\s="]/.test(value) ? value : JSON.stringify(value);
