/** `broken` keeps something from working, `warning` may, `fine` was looked at and is in order. */
export type Severity = 'broken' | 'warning' | 'fine';

/** What was found. */
export interface Finding {
  readonly severity: Severity;
  /** What was looked at: `registry`. */
  readonly check: string;
  /** One line, without a full stop. */
  readonly what: string;
  /** What follows from it, or where it comes from. */
  readonly why?: string;
  /** What to do: a sentence or a command. */
  readonly fix?: string;
}

/** What one check says, as {@link Finding} without its name. */
export type Found = Omit<Finding, 'check'>;

export const fine = (what: string): Found => ({ severity: 'fine', what });

export const warning = (what: string, why: string, fix: string): Found => {
  return { severity: 'warning', what, why, fix };
};

export const broken = (what: string, why: string, fix: string): Found => {
  return { severity: 'broken', what, why, fix };
};
