import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudError } from './errors/cloud-error.ts';

/**
 * Does what `cdk synth` does, without starting the CDK CLI, which takes as long again as the app itself.
 * @param outdir where the assembly goes
 * @param context beside that of cdk.json, as `cdk synth -c name=value` gives it
 * @param root the folder of the app, with its cdk.json
 */
export async function synthesize(
  outdir: string,
  context: Record<string, string> = {},
  root = process.cwd(),
): Promise<string> {
  const { app, context: flags } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
    app: string;
    context: object;
  };
  const [, ...script] = app.split(' ');
  const child = spawn(process.execPath, script, {
    cwd: root,
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ ...flags, ...context }) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new CloudError(`The infrastructure cannot be synthesized:\n${complaint.trim()}`);
  return outdir;
}
