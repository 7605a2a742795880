import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findHandler, type Handler } from '../lambda/handler.ts';
import { defaultToCommonJs } from '../lambda/module-type.ts';
import { type ProvidedPackages, providedPackages } from '../lambda/sdk-imports.ts';
import type { Assembly } from '../template/assembly.ts';
import type { Runtime } from './runtime.ts';

export interface CodeProperties {
  Code: { S3Key?: string; ZipFile?: string; ImageUri?: unknown };
  PackageType?: string;
  Handler?: string;
  Runtime?: string;
  Layers?: unknown[];
  FileSystemConfigs?: unknown[];
}

/** The code of a function. */
export interface FunctionCode {
  folder: string;
  handler: Handler;
  takesCallbacks: boolean;
  provided: ProvidedPackages;
  compileCache: string;
}

/** The information that is needed to find a function's code. */
type CodeLocation = Pick<Runtime, 'app' | 'assemblyFolder' | 'folder'> & { assembly: Pick<Assembly, 'assetFolder'> };

/** The first Node.js version whose runtime does not support callbacks. */
const FIRST_WITHOUT_CALLBACKS = 24;

/**
 * Finds the code of a function and everything that is needed to load it.
 * @throws {Error} if the embedded cloud does not support this kind of function, or does not find its code
 */
export function codeOf(runtime: CodeLocation, name: string, properties: CodeProperties): FunctionCode {
  const { Runtime: lambdaRuntime, PackageType, Layers = [], FileSystemConfigs = [], Handler = '' } = properties;
  if (PackageType === 'Image')
    throw new Error('the embedded cloud supports only Node.js functions, not container images');
  const major = /^nodejs(\d+)\.x$/.exec(lambdaRuntime ?? '')?.[1];
  if (major === undefined) throw new Error(`the embedded cloud supports only Node.js functions, not ${lambdaRuntime}`);
  if (Layers.length > 0) throw new Error(`the embedded cloud does not support layers: ${Layers.join(', ')}`);
  if (FileSystemConfigs.length > 0) throw new Error('the embedded cloud does not support file systems of functions');
  const folder = folderOf(runtime, name, properties);
  const handler = findHandler(folder, Handler);
  if (handler.module.endsWith('.js')) defaultToCommonJs(folder, runtime.assemblyFolder);
  const provided = providedPackages(folder, [join(runtime.app, 'package.json'), fileURLToPath(import.meta.url)]);
  const compileCache = join(runtime.assemblyFolder, '.compile-cache');
  return { folder, handler, provided, compileCache, takesCallbacks: Number(major) < FIRST_WITHOUT_CALLBACKS };
}

function folderOf({ assembly, folder }: CodeLocation, name: string, { Code }: CodeProperties): string {
  if (Code.ZipFile !== undefined) {
    const inline = join(folder, 'inline', name);
    mkdirSync(inline, { recursive: true });
    // CloudFormation uses this file name:
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
    writeFileSync(join(inline, 'index.js'), Code.ZipFile);
    writeFileSync(join(inline, 'package.json'), '{}\n');
    return inline;
  }
  const asset = assembly.assetFolder(Code.S3Key ?? '');
  if (asset.endsWith('.zip'))
    throw new Error(`the embedded cloud supports code in a folder, not in an archive: ${asset}`);
  return asset;
}
