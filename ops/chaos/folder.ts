import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { onStopSignal } from 'rollcall/internal/stop-signals';

/** 128 plus the number of SIGINT, like in shells. */
const INTERRUPTED = 130;

/**
 * Creates a folder that is removed when this process ends, also by Ctrl-C or with npm.
 * @param parent is created if missing
 */
export function temporaryFolder(parent: string, prefix: string): string {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(`${parent}/${prefix}`);
  // Processes that end with this one may still write.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  onStopSignal(() => process.exit(INTERRUPTED));
  return folder;
}
