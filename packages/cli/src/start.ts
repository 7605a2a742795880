import { existsSync, readdirSync, watch } from 'node:fs';
import { join, relative } from 'node:path';
import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { synthesizeChanged } from '@rollcall/local/internal/synthesize-changed';
import pc from 'picocolors';
import type { App } from './app-definition.ts';
import { builtConsole } from './console/page.ts';
import { type Console, createConsole } from './console/server.ts';
import { type InspectorAddress, openInspector } from './inspector.ts';
import { createProgress, secondsSince } from './progress.ts';
import { openStage } from './stage/stage.ts';
import { onStopSignal, stopWithNpm } from './stop-signals.ts';

export interface StartOptions {
  /** Keep data in memory only. */
  memory?: boolean;
  /** Folder for data. */
  data: string;
  /** Port of the API. */
  port: number;
  /** Synthesize even without changes. */
  synth?: boolean;
  /** Values of template parameters. */
  parameters: Record<string, string>;
  /** Deploy again when sources change. */
  watch?: boolean;
  /** The address at which debuggers attach. */
  inspect?: InspectorAddress;
}

const root = process.cwd();
const OUTDIR = join(root, 'cdk.out');
/** A deployment starts this long after the last change, so that it includes changes made together. */
const DEBOUNCE_MS = 200;

/**
 * Starts the app of this folder. SIGINT and SIGTERM stop it.
 * @throws {CloudError} if the app cannot be synthesized or started
 */
export async function start(app: Partial<App>, options: StartOptions): Promise<void> {
  const started = performance.now();
  stopWithNpm();
  // The cloud's files contain personal data and keys, so only the user who starts the cloud may read them.
  process.umask(0o077);
  const inspector = options.inspect && openInspector(options.inspect);
  const progress = createProgress('Synthesizing the app, building its functions');
  const synthesized = synthesizeChanged(OUTDIR, {
    always: options.synth ?? false,
    onUnchanged: () => console.log('cdk.out is reused: no file of the app has changed. --synth rebuilds it.'),
  });
  const booting = startCloud({
    assembly: synthesized.then((assembly) => {
      progress.next('Booting the embedded cloud, deploying the stacks');
      return assembly;
    }),
    ...(!options.memory && { data: options.data }),
    app: root,
    parameters: options.parameters,
    ports: { api: options.port, grpc: options.port + 20, aws: options.port + 566 },
  });
  const cloud = await progress.until(booting);
  const operatorConsole = await startConsole(app, cloud);
  onStopSignal(async () => {
    inspector?.close();
    await operatorConsole?.stop();
    await cloud.stop();
    process.exit(0);
  });
  if (options.watch) watchSources(cloud);
  const addresses = [
    ...(operatorConsole ? kitAddresses(cloud) : await otherAppAddresses(cloud)),
    ...commonAddresses(cloud, options),
  ];
  if (inspector) addresses.push(['debugger', pc.cyan(inspector.url)]);
  console.log(`${pc.green(pc.bold('ready'))} in ${secondsSince(started)}\n\n${table(addresses)}`);
  if (app.firstSteps) console.log(`\n${app.firstSteps(cloud)}`);
  console.log('Press Ctrl-C to stop the cloud.');
}

/** Serves the console at the address of the API if the app uses the kit. In any other app, `GET /` may be a route. */
async function startConsole(app: Partial<App>, cloud: Cloud): Promise<Console | undefined> {
  const { name } = app;
  if (name === undefined) return undefined;
  // The console's page is built after everything else has started, so that nothing waits for the build.
  const operatorConsole = await createConsole({
    app,
    stage: openStage({ app: name, name: 'dev', endpoint: cloud.endpointUrl }),
    page: builtConsole(),
  });
  cloud.serve(operatorConsole.serve);
  return operatorConsole;
}

/** A printed line: a label and an address. */
type Line = readonly [string, string];

const kitAddresses = ({ apiUrl }: Cloud): Line[] => [
  ['console', pc.cyan(`${apiUrl}/`)],
  ['API', pc.cyan(apiUrl)],
];

/** The APIs by id, and the outputs of the stacks. */
const otherAppAddresses = async (cloud: Cloud): Promise<Line[]> => {
  const apis = Object.entries(cloud.apiUrls).map(([id, url]): Line => [id, pc.cyan(url)]);
  return [...apis, ...Object.entries(await cloud.outputs())];
};

function commonAddresses({ beside, grpcUrl, endpointUrl }: Cloud, { memory, data }: StartOptions): Line[] {
  return [
    ...(grpcUrl === undefined ? [] : [['gRPC', pc.cyan(grpcUrl)] as const]),
    ['AWS', pc.cyan(endpointUrl)],
    ...Object.entries(beside).map(([name, url]): Line => [name, pc.cyan(url)]),
    ['data', memory ? 'in memory only, deleted when the cloud stops' : relative(process.cwd(), data)],
  ];
}

const MIN_WIDTH = 11;

function table(lines: readonly Line[]): string {
  const width = Math.max(MIN_WIDTH, ...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** Source folders of an app that uses the kit. Any other app may use other folders. */
const SOURCES = ['infra', 'functions', 'shared', 'packages'];

function foldersToWatch(): string[] {
  if (existsSync(join(root, 'infra'))) return SOURCES.filter((name) => existsSync(join(root, name)));
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\..*|node_modules|cdk\.out)$/.test(entry.name))
    .map(({ name }) => name);
}

function watchSources(cloud: Cloud): void {
  let timer: NodeJS.Timeout | undefined;
  let busy = Promise.resolve();
  const redeploy = async () => {
    const start = performance.now();
    try {
      await cloud.redeploy(await synthesizeChanged(OUTDIR));
      console.log(pc.green(`redeployed in ${secondsSince(start)}`));
    } catch (error) {
      console.error(pc.red(error instanceof CloudError ? error.message : String((error as Error).stack)));
    }
  };
  for (const folder of foldersToWatch()) {
    watch(join(root, folder), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        busy = busy.then(redeploy);
      }, DEBOUNCE_MS);
    });
  }
}
