import { existsSync, watch } from 'node:fs';
import { join, relative } from 'node:path';
import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { synthesizeChanged } from '@rollcall/local/internal/synthesize-changed';
import pc from 'picocolors';
import type { App } from './app-definition.ts';
import { builtConsole } from './console/page.ts';
import { createConsole } from './console/server.ts';
import { endWithNpm, onEnd } from './ending.ts';
import { OperatorError } from './stage/errors.ts';
import { openStage } from './stage/stage.ts';

export interface StartOptions {
  /** Keeps no data. */
  memory?: boolean;
  /** Folder. */
  data: string;
  /** Of the API. */
  port: number;
  /** Deploys again when sources change. */
  watch?: boolean;
}

const root = process.cwd();
const OUTDIR = join(root, 'cdk.out');
/** How long after a change others may follow that belong to it. */
const SETTLE_MS = 200;

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs the app of this folder until a signal ends it. @throws {CloudError} if it cannot be synthesized or started */
export async function start(app: Partial<App>, options: StartOptions): Promise<void> {
  const started = performance.now();
  const { name } = app;
  if (name === undefined) throw new OperatorError('This folder has no rollcall.config.ts that names its app.');
  endWithNpm();
  // What it writes is personal, and holds keys: whoever starts it reads it, and nobody else.
  process.umask(0o077);
  const cloud = await startCloud({
    assembly: synthesizeChanged(OUTDIR),
    ...(!options.memory && { data: options.data }),
    app: root,
    ports: { api: options.port, grpc: options.port + 20, aws: options.port + 566 },
  });
  // The page is built after the rest is there, so that nobody has to wait for it.
  const operatorConsole = await createConsole({
    app,
    stage: openStage({ app: name, name: 'dev', endpoint: cloud.endpointUrl }),
    page: builtConsole(),
  });
  cloud.serve(operatorConsole.serve);
  onEnd(async () => {
    await operatorConsole.stop();
    await cloud.stop();
    process.exit(0);
  });
  if (options.watch) watchSources(cloud);
  console.log(`${pc.green(pc.bold('ready'))} in ${seconds(started)}\n\n${addressesOf(cloud, options)}`);
  if (app.firstSteps) console.log(`\n${app.firstSteps(cloud)}`);
  console.log('Ctrl-C ends it.');
}

function addressesOf({ apiUrl, beside, grpcUrl, endpointUrl }: Cloud, { memory, data }: StartOptions): string {
  const kept = memory ? 'in memory, gone when this ends' : relative(process.cwd(), data);
  return `  console      ${pc.cyan(`${apiUrl}/`)}
  API          ${pc.cyan(apiUrl)}
  gRPC         ${pc.cyan(grpcUrl)}
  AWS          ${pc.cyan(endpointUrl)}
${Object.entries(beside)
  .map(([name, url]) => `  ${name.padEnd(11)}  ${pc.cyan(url)}\n`)
  .join('')}  data         ${kept}`;
}

function watchSources(cloud: Cloud): void {
  let timer: NodeJS.Timeout | undefined;
  let busy = Promise.resolve();
  const redeploy = async () => {
    const start = performance.now();
    try {
      await cloud.redeploy(await synthesizeChanged(OUTDIR));
      console.log(pc.green(`deployed again in ${seconds(start)}`));
    } catch (error) {
      console.error(pc.red(error instanceof CloudError ? error.message : String((error as Error).stack)));
    }
  };
  for (const folder of ['infra', 'functions', 'shared', 'packages'].filter((name) => existsSync(join(root, name)))) {
    watch(join(root, folder), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        busy = busy.then(redeploy);
      }, SETTLE_MS);
    });
  }
}
