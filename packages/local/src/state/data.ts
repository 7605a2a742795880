import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openState, type State } from './state.ts';

/**
 * Opens a data folder and the state in it.
 * @param data the folder; undefined: state in memory, and a temporary folder, which is deleted when the cloud stops
 */
export function openData(data: string | undefined, opened: AsyncDisposableStack): { state: State; folder: string } {
  const state = openState(data);
  opened.defer(() => state.close());
  if (data !== undefined) return { state, folder: data };
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-memory-'));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  return { state, folder };
}
