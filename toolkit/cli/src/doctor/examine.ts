import type { Terminal } from '../local-command.ts';

export interface DoctorInput {
  readonly folder: string;
  readonly patience: number;
}

export async function examine(_input: DoctorInput, _terminal: Terminal): Promise<number> {
  return 0;
}
