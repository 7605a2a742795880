import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudError } from '../errors/cloud-error.ts';
import { environmentOf } from './environment.ts';

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
  /** Finds the folder of a file asset. @param objectKey the asset's key in templates */
  assetFolder(objectKey: string): string;
}

interface Manifest {
  artifacts: Record<string, Artifact>;
}

interface Artifact {
  type: string;
  /** Such as `aws://unknown-account/eu-west-1`. */
  environment?: string;
  properties?: { templateFile?: string; file?: string; stackName?: string; directoryName?: string };
}

interface AssetManifest {
  files?: Record<string, { source: { path: string }; destinations: Record<string, { objectKey: string }> }>;
}

/** The stacks and assets of a folder, including those of every CDK `Stage` in the folder. */
interface Found {
  stacks: AssembledStack[];
  /** The folders of file assets, by object key. */
  assets: Map<string, string>;
}

/**
 * The region of the stacks; undefined if the app does not define it.
 * @throws {CloudError} if the folder cannot be read, or has stacks for several regions or accounts
 */
export const regionOf = (folder: string): string | undefined => environmentOf(environmentsIn(folder)).region;

/**
 * Reads the output of `cdk synth` in `folder`, including the stacks of every CDK `Stage`.
 * @param accountId replaces the account id in the app's templates; undefined: account ids stay unchanged
 * @throws {CloudError} if the folder cannot be read, has two stacks with the same name, or has stacks for several
 * regions or accounts
 */
export function readAssembly(folder: string, accountId?: string): Assembly {
  const { account } = environmentOf(environmentsIn(folder));
  const localized = (text: string) => (account && accountId ? text.replaceAll(account, accountId) : text);
  const { stacks, assets } = find(folder, localized);
  const names = stacks.map(({ name }) => name);
  const duplicate = names.find((name, index) => names.indexOf(name) !== index);
  if (duplicate !== undefined)
    throw new CloudError(
      `${folder} has several stacks named ${duplicate}, for example for several stages or regions. The embedded cloud is a single account and region. Make the app create only one of these stacks, for example by its CDK context.`,
    );
  return {
    stacks,
    assetFolder(objectKey) {
      const path = assets.get(objectKey);
      if (!path) throw new CloudError(`No stack of ${folder} has the asset ${objectKey}.`);
      return path;
    },
  };
}

/** Reads a JSON file. @param transform changes the text of the file before the text is parsed */
function read<T>(file: string, transform = (text: string) => text): T {
  try {
    return JSON.parse(transform(readFileSync(file, 'utf8'))) as T;
  } catch (cause) {
    throw new CloudError(`${file} cannot be read: ${(cause as Error).message}. Run npx cdk synth.`, { cause });
  }
}

const artifactsIn = (folder: string) => Object.entries(read<Manifest>(join(folder, 'manifest.json')).artifacts);

/** The environments of all stacks in a folder, including the stacks of every CDK `Stage` in the folder. */
const environmentsIn = (folder: string): string[] =>
  artifactsIn(folder).flatMap(([, { type, environment, properties }]) => {
    if (type === 'cdk:cloud-assembly') return environmentsIn(join(folder, properties?.directoryName ?? ''));
    return type === 'aws:cloudformation:stack' && environment !== undefined ? [environment] : [];
  });

/** @param localized changes the text of templates */
function find(folder: string, localized: (text: string) => string): Found {
  const found: Found = { stacks: [], assets: new Map() };
  for (const [id, { type, properties = {} }] of artifactsIn(folder)) {
    const { templateFile, file, stackName = id, directoryName } = properties;
    if (type === 'aws:cloudformation:stack' && templateFile)
      found.stacks.push({ name: stackName, template: read<Template>(join(folder, templateFile), localized) });
    if (type === 'cdk:asset-manifest' && file) addAssets(found, folder, file);
    // https://docs.aws.amazon.com/cdk/api/v2/docs/@aws-cdk_cloud-assembly-schema.NestedCloudAssemblyProperties.html
    if (type === 'cdk:cloud-assembly' && directoryName) {
      const ofStage = find(join(folder, directoryName), localized);
      found.stacks.push(...ofStage.stacks);
      for (const [key, path] of ofStage.assets) found.assets.set(key, path);
    }
  }
  return found;
}

function addAssets({ assets }: Found, folder: string, file: string): void {
  for (const { source, destinations } of Object.values(read<AssetManifest>(join(folder, file)).files ?? {}))
    for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(folder, source.path));
}
