import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { CloudError } from './errors/cloud-error.ts';
import { isDebugged } from './lambda/debugger.ts';

/** CDK context in addition to the context in cdk.json, like `cdk synth -c name=value`. */
export type Context = Record<string, string>;

interface Synthesis {
  /** The folder of the app, with its cdk.json. Default: the working directory. */
  root?: string;
  /** Whether CDK validates the templates for CloudFormation. */
  validates?: boolean;
}

/**
 * Synthesizes an app like `cdk synth`, but without the CDK CLI, which takes as long to start as the app itself. CDK
 * validates the templates only if `validates` is set. The validation takes as long as the rest of the synthesis, and
 * matters only for deployments to an account.
 * @param outdir folder for the assembly
 * @returns `outdir`
 * @throws {CloudError} if the app cannot be synthesized. The message contains the app's standard error
 */
export async function synthesize(
  outdir: string,
  context: Context = {},
  { root = process.cwd(), validates = false }: Synthesis = {},
): Promise<string> {
  const { app, context: flags } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
    app: string;
    context?: object;
  };
  // Like npm, uses the app's installed binaries first, and this Node.js before any other Node.js.
  const path = [join(root, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter);
  const settings = {
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...flags, ...context }),
    // aws-cdk-lib/core/lib/private/synthesis-validation.js reads this variable.
    CDK_VALIDATION: String(validates),
    // packages/cdk/src/bundles.ts reads this variable.
    ...(isDebugged() && { ROLLCALL_SOURCE_MAPS: 'true' }),
  };
  const child = spawn(app, {
    cwd: root,
    shell: true,
    env: { ...process.env, PATH: path, ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new CloudError(`The infrastructure cannot be synthesized:\n${errors.trim()}`);
  return outdir;
}

/**
 * Finds the folder of an app: the nearest folder with a cdk.json, from the given folder upwards.
 * @throws {CloudError} if there is no such folder
 */
export function appFolder(from: string = process.cwd()): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'cdk.json'))) return folder;
    if (folder === dirname(folder)) throw new CloudError(`There is no cdk.json in ${from}, or in any folder above it.`);
  }
}

const synthesized = new Map<string, Promise<string>>();

/**
 * The assembly of an app. Each app and context is synthesized once per process, into a folder that is deleted when the
 * process ends.
 */
export function assemblyOf(root: string, context: Context = {}): Promise<string> {
  const key = JSON.stringify([root, Object.entries(context).toSorted()]);
  let assembly = synthesized.get(key);
  if (!assembly) {
    const folder = mkdtempSync(join(tmpdir(), 'cdk-assembly-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    assembly = synthesize(folder, context, { root });
    synthesized.set(key, assembly);
  }
  return assembly;
}
