import { mkdirSync, mkdtempSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../../local/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders that `cdk synth` wrote. */
    dev: string;
    prod: string;
    /** Folder for what functions' roles were used for, of each cloud. */
    usedGrants: string;
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
  const usedGrants = join(folder, 'used-grants');
  mkdirSync(usedGrants);
  project.provide('usedGrants', usedGrants);
  return async () => {
    if (process.env.KEEP_GRANTS) await cp(usedGrants, process.env.KEEP_GRANTS, { recursive: true });
    await rm(folder, { recursive: true });
  };
}
