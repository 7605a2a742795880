import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// biome-ignore lint/suspicious/noExplicitAny: a template has whatever CloudFormation has
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
 * Leaves one SMS provider, by each version's own settings: G5 promises one text only of a provider that honours keys, and with a
 * second one, a crash after its acceptance means two.
 */
export function keepOnlyHttpProvider({ Properties }: Resource): void {
  const variables = Properties?.Environment?.Variables;
  if (variables?.SMS) variables.SMS = JSON.stringify({ ...JSON.parse(variables.SMS), providers: ['http'] });
}

export function withOneProvider(assembly: string): string {
  changeResources(assembly, keepOnlyHttpProvider);
  return assembly;
}
