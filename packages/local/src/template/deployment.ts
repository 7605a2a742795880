import type { Assembly } from './assembly.ts';
import { type DeploymentOptions, type Exports, Stack } from './stack.ts';

/**
 * Deploys all stacks. A reference to a resource that does not exist yet creates this resource, so the order of the
 * stacks does not matter.
 */
export async function deploy(assembly: Assembly, options: DeploymentOptions): Promise<readonly Stack[]> {
  const exported: Exports = new Map();
  const stacks = assembly.stacks.map((stack) => new Stack(stack, options, exported));
  for (const stack of stacks) await stack.declareExports();
  for (const stack of stacks) await stack.deployAll();
  return stacks;
}
