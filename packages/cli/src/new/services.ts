import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../stage/errors.ts';

/** @throws {OperatorError} if `functions/` has no folder of that name; the message lists the folders */
export function checkService(root: string, name: string): void {
  const folder = join(root, 'functions');
  const all = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []))
    : [];
  if (!all.includes(name))
    throw new OperatorError(`There is no service "${name}" in functions/; there are: ${all.join(', ') || 'none'}.`);
}
