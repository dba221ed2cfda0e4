import { spawn } from 'node:child_process';

/**
 * Runs a command in a folder, with the terminal of this process.
 * @throws Error if it fails
 */
export async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const shell = command.endsWith('.cmd');
  const child = spawn(command, args, { cwd, stdio: 'inherit', shell });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${args.join(' ')} in ${cwd} ended with code ${String(code)}`);
}
