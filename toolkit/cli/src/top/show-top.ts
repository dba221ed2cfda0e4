import type { Terminal } from '../local-command.ts';

export interface TopInput {
  readonly service?: string | undefined;
  readonly every: number;
}

export async function showTop(_input: TopInput, _terminal: Terminal): Promise<number> {
  return 0;
}
