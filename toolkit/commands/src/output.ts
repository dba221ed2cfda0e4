/** Rows below their headings. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a command answers: data for programs, and how people like to see it. */
export interface Output {
  /** As JSON and YAML show it. */
  readonly data: unknown;
  /** The data as JSON, where a number of JavaScript would not be exact. */
  readonly json?: string;
  /** As people read it; without it they see the data. */
  readonly text?: string;
  /** As a table, where it can be one. */
  readonly table?: Table;
  /** It tells of something bad: a program that asked ends with code 1. */
  readonly failed?: boolean;
}
