import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { onStopSignal } from 'rollcall/internal/stop-signals';

/** The exit code of shells after SIGINT: 128 plus the signal's number. Used after SIGTERM, too. */
const INTERRUPTED = 130;

/**
 * Creates a folder that is removed when this process ends, also if Ctrl-C or SIGTERM ends it.
 * @param parent is created if missing
 */
export function temporaryFolder(parent: string, prefix: string): string {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(`${parent}/${prefix}`);
  // Child processes that are ending may still write, so the removal is retried.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  onStopSignal(() => process.exit(INTERRUPTED));
  return folder;
}
