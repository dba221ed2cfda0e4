/** A service of a program, as it told where it listens. */
export interface ServedNode {
  readonly service: string;
  readonly version: string;
  readonly address: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a program tells `micro run`, over the channel between the two processes. */
export type Report =
  /** Files of its own that it has loaded. */
  | { readonly kind: 'loaded'; readonly files: readonly string[] }
  /** An app of it serves these; none for a client. */
  | { readonly kind: 'serving'; readonly nodes: readonly ServedNode[] };

/** What `micro run` tells a program, where there are no signals. */
export const stopMessage = 'micro-ts:stop';

/** The report in a message; `undefined` for what the program itself sends. */
export function readReport(message: unknown): Report | undefined {
  const report = Reflect.get(Object(message), 'micro-ts') as unknown;
  return typeof report === 'object' && report !== null ? (report as Report) : undefined;
}

/** @see readReport */
export const writeReport = (report: Report): object => ({ 'micro-ts': report });
