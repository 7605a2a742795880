import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudError } from '../errors/cloud-error.ts';

export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
  DeletionPolicy?: string;
  Condition?: string;
  Metadata?: Record<string, unknown>;
}

export interface Template {
  Resources: Record<string, TemplateResource>;
  Parameters?: Record<string, { Type: string; Default?: string; Description?: string; AllowedPattern?: string }>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  Conditions?: Record<string, unknown>;
}

export interface AssembledStack {
  name: string;
  template: Template;
}

export interface Assembly {
  stacks: AssembledStack[];
  /** The folder of a file asset, by the object key that templates know it by. */
  assetFolder(objectKey: string): string;
}

interface Manifest {
  artifacts: Record<
    string,
    { type: string; properties?: { templateFile?: string; file?: string; stackName?: string } }
  >;
}

interface AssetManifest {
  files?: Record<string, { source: { path: string }; destinations: Record<string, { objectKey: string }> }>;
}

/** Reads what `cdk synth` wrote to `folder`. */
export function readAssembly(folder: string): Assembly {
  const read = <T>(file: string): T => {
    try {
      return JSON.parse(readFileSync(join(folder, file), 'utf8')) as T;
    } catch (cause) {
      throw new CloudError(`${join(folder, file)} cannot be read: ${(cause as Error).message}. Run npx cdk synth.`, {
        cause,
      });
    }
  };
  const { artifacts } = read<Manifest>('manifest.json');
  const stacks: AssembledStack[] = [];
  const assets = new Map<string, string>();
  for (const [id, { type, properties }] of Object.entries(artifacts)) {
    if (type === 'aws:cloudformation:stack' && properties?.templateFile) {
      stacks.push({ name: properties.stackName ?? id, template: read<Template>(properties.templateFile) });
    }
    if (type === 'cdk:asset-manifest' && properties?.file) {
      for (const { source, destinations } of Object.values(read<AssetManifest>(properties.file).files ?? {})) {
        for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(folder, source.path));
      }
    }
  }
  return {
    stacks,
    assetFolder(objectKey) {
      const path = assets.get(objectKey);
      if (!path) throw new CloudError(`No stack of ${folder} has the asset ${objectKey}.`);
      return path;
    },
  };
}
