import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../../local/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders that `cdk synth` wrote. */
    dev: string;
    prod: string;
  }
}

/** Synthesizes both stages once for all tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  const [dev, prod] = await Promise.all([
    synthesize(join(folder, 'dev')),
    synthesize(join(folder, 'prod'), { stage: 'prod' }),
  ]);
  project.provide('dev', dev);
  project.provide('prod', prod);
  return () => rm(folder, { recursive: true });
}
