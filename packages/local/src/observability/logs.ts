import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join, resolve } from 'node:path';

const LOG_LINES = 1_000;

/**
 * Creates the logs of functions. The logs write all lines to the files `logs/FUNCTION.log` in the folder `data`, and
 * keep the last lines of each function in memory.
 */
export function createLogs(data: string) {
  const lines = new Map<string, string[]>();
  const files = new Map<string, WriteStream>();
  const folder = resolve(data, 'logs');
  const fileOf = (functionName: string) => join(folder, `${functionName}.log`);
  mkdirSync(folder, { recursive: true });
  return {
    write(functionName: string, line: string): void {
      const recent = lines.get(functionName) ?? [];
      lines.set(functionName, recent);
      recent.push(line);
      if (recent.length > LOG_LINES) recent.shift();
      const file = files.get(functionName) ?? createWriteStream(fileOf(functionName), { flags: 'a' });
      files.set(functionName, file);
      file.write(`${line}\n`);
    },
    async close(): Promise<void> {
      await Promise.all([...files.values()].map((file) => new Promise<void>((resolve) => file.end(resolve))));
      files.clear();
    },
    fileOf,
    of: (functionName: string): readonly string[] => lines.get(functionName) ?? [],
  };
}
