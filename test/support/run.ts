import { execFile } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs one of the project's scripts to its end. The script runs the way npm runs it, but without a terminal. */
export const runScript = (script: string, ...options: string[]): Promise<Run> =>
  runNode(['--disable-warning=ExperimentalWarning', join(root, script), ...options]);

/**
 * Runs Node.js.
 * @param input the standard input
 * @param cwd the working directory
 */
export function runNode(
  options: string[],
  environment: Record<string, string> = {},
  input = '',
  cwd = process.cwd(),
): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  const child = execFile(
    process.execPath,
    options,
    { cwd, maxBuffer: 64 * 1024 ** 2, env: { ...process.env, NO_COLOR: '1', ...environment } },
    (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
  );
  child.stdin?.end(input);
  return promise;
}
