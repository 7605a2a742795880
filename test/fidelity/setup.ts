import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '@rollcall/local/internal/cloud';
import type { TestProject } from 'vitest/node';
import { functionResources, writeAssembly } from '../support/small-cloud.ts';

declare module 'vitest' {
  interface ProvidedContext {
    aws: TestedCloud;
  }
}

/** The cloud that the suite tests. Without endpoint or credentials, the SDK uses its defaults. */
interface TestedCloud {
  endpoint?: string;
  region: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** The name of a function with the code {@link ECHO}. Empty if there is no such function. */
  echoFunction: string;
}

/** The code of the function. In another cloud, the function that `FIDELITY_FUNCTION` names must do the same. */
const ECHO = `import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
export const handler = async (event, { clientContext, invokedFunctionArn }) => {
  const mark = tmpdir() + '/' + (event?.mark ?? event?.takeMark);
  if (event?.mark) writeFileSync(mark, '');
  if (event?.takeMark) return existsSync(mark) && (rmSync(mark), true);
  if (event?.arn) return invokedFunctionArn;
  if (event?.context) return { clientContext };
  for (const line of event?.log ?? []) console.log(line);
  if (event?.fail) throw new TypeError(event.fail);
  return event?.bytes ? 'x'.repeat(event.bytes) : event;
};`;

/**
 * The suite tests the embedded cloud by default. If `AWS_ENDPOINT_URL` is set, it tests that endpoint. With
 * `FIDELITY_AGAINST=account`, it tests the AWS account and region of the environment's credentials.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region = 'us-east-1',
    FIDELITY_AGAINST,
    FIDELITY_FUNCTION,
  } = process.env;
  const elsewhere = { region, echoFunction: FIDELITY_FUNCTION ?? '' };
  if (FIDELITY_AGAINST === 'account') return void project.provide('aws', elsewhere);
  if (endpoint) return void project.provide('aws', { ...elsewhere, endpoint });
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-fidelity-'));
  const echoFunction = 'fidelity-echo';
  const resources = functionResources(echoFunction, 'echo', { Timeout: 10 });
  const cloud = await startCloud({ assembly: writeAssembly(folder, { resources, code: { echo: ECHO } }) });
  project.provide('aws', { ...cloud.config, echoFunction });
  return async () => {
    await cloud.stop();
    rmSync(folder, { recursive: true });
  };
}
