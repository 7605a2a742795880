import { readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';

/** Copies the dev templates, and changes the resources of the given stacks. @returns the folder of the copy */
export async function changedAssembly(stacks: string[], change: (resource: any) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-changed-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(inject('dev'), folder, { recursive: true });
  for (const stack of stacks) {
    const file = join(folder, `rollcall-dev-${stack}.template.json`);
    const template = JSON.parse(readFileSync(file, 'utf8'));
    Object.values(template.Resources).forEach(change);
    writeFileSync(file, JSON.stringify(template));
  }
  return folder;
}
