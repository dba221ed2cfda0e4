import type { CommandContext, Output } from '@micro-ts/commands';

export interface BenchInput {
  readonly service: string;
  readonly endpoint: string;
  readonly request: string;
  readonly concurrency: number;
  readonly duration: string;
  readonly warmup: string;
  readonly rate?: number | undefined;
  readonly timeout?: number | undefined;
}

export async function measure(_input: BenchInput, _context: CommandContext): Promise<Output> {
  return { data: {} };
}
