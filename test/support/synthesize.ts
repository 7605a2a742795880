import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders that `cdk synth` wrote. */
    dev: string;
    prod: string;
    /** The folder with the grants that functions' roles used. Each test cloud writes one file. */
    usedGrants: string;
  }
}

interface Synthesized {
  folder: string;
  dev: string;
  prod: string;
  usedGrants: string;
}

async function synthesizeBoth(): Promise<Synthesized> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  const usedGrants = join(folder, 'used-grants');
  mkdirSync(usedGrants);
  const [dev, prod] = await Promise.all([
    synthesize(join(folder, 'dev'), {}, { validates: true }),
    synthesize(join(folder, 'prod'), { stage: 'prod' }, { validates: true }),
  ]);
  return { folder, dev, prod, usedGrants };
}

/**
 * The result that all Vitest projects share. A variable of this module is not shared, because Vitest loads the module
 * once per project.
 */
const shared = globalThis as { synthesized?: Promise<Synthesized> };

/** Synthesizes the stages dev and prod once for all tests that need them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.synthesized ??= synthesizeBoth();
  const { folder, dev, prod, usedGrants } = await shared.synthesized;
  project.provide('dev', dev);
  project.provide('prod', prod);
  project.provide('usedGrants', usedGrants);
  return () => rm(folder, { recursive: true, force: true });
}
