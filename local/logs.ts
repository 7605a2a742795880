import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

const LOG_LINES = 1_000;

/** The last lines of every function in memory and, with a data folder, all of them in `logs/FUNCTION.log`. */
export function createLogs(data: string | undefined) {
  const lines = new Map<string, string[]>();
  const files = new Map<string, WriteStream>();
  const folder = data && join(data, 'logs');
  if (folder) mkdirSync(folder, { recursive: true });
  return {
    write(functionName: string, line: string): void {
      const own = lines.get(functionName) ?? [];
      lines.set(functionName, own);
      own.push(line);
      if (own.length > LOG_LINES) own.shift();
      if (!folder) return;
      const file = files.get(functionName) ?? createWriteStream(join(folder, `${functionName}.log`), { flags: 'a' });
      files.set(functionName, file);
      file.write(`${line}\n`);
    },
    async close(): Promise<void> {
      await Promise.all([...files.values()].map((file) => new Promise<void>((resolve) => file.end(resolve))));
      files.clear();
    },
    of: (functionName: string): readonly string[] => lines.get(functionName) ?? [],
  };
}
