/** What came of one scenario on one infrastructure. */
export interface Result {
  readonly scenario: string;
  /** Which role of which plugin was put to the test: `registry etcd`. */
  readonly on: string;
  /** Calls made or events published. */
  readonly sent: number;
  /** Calls that failed, publishes that were refused. */
  readonly failed: number;
  /** Events whose publisher was told that they are taken, and that nobody got. */
  readonly lost: number;
  /** Events that came more than once; calls that ran more than once. */
  readonly doubled: number;
  /** The longest call or publish, in ms. */
  readonly longest: number;
  /** From the end of the fault until all is as before, in ms. */
  readonly recovery?: number;
  /** From the begin of the fault until it was noticed, in ms. */
  readonly noticed?: number;
  /** Most lines that one process logged. */
  readonly logLines: number;
}

/** A result as a line that can be read. */
export function said(result: Result): string {
  const { scenario, on, sent, failed, lost, doubled, longest, recovery, noticed, logLines } =
    result;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  return [
    `${scenario}, ${on}: ${sent} sent, ${failed} failed, ${lost} lost, ${doubled} doubled`,
    `longest ${ms(longest)}`,
    ...(noticed === undefined ? [] : [`noticed after ${ms(noticed)}`]),
    ...(recovery === undefined ? [] : [`back after ${ms(recovery)}`]),
    `${logLines} lines logged`,
  ].join(', ');
}
