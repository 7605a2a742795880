import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// biome-ignore lint/suspicious/noExplicitAny: the properties depend on the resource type
type Resource = { Type: string; Properties?: any };

/** Changes the resources of the templates that `cdk synth` wrote to a folder. */
export function changeResources(assembly: string, change: (resource: Resource) => void): void {
  for (const name of readdirSync(assembly).filter((file) => file.endsWith('.template.json'))) {
    const file = join(assembly, name);
    const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, Resource> };
    for (const resource of Object.values(template.Resources)) change(resource);
    writeFileSync(file, JSON.stringify(template));
  }
}

/**
 * Removes all SMS providers but the HTTP gateway from a function's settings. Only the gateway honours idempotency keys.
 * If another provider accepted an SMS and the function then crashed, the SMS could be sent again, and the check of G5
 * would fail.
 */
export function keepOnlyHttpProvider({ Properties }: Resource): void {
  const variables = Properties?.Environment?.Variables;
  if (variables?.SMS) variables.SMS = JSON.stringify({ ...JSON.parse(variables.SMS), providers: ['http'] });
}

export function withOneProvider(assembly: string): string {
  changeResources(assembly, keepOnlyHttpProvider);
  return assembly;
}
