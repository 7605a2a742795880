import { dirname } from 'node:path';
import { readApp } from './app.ts';
import type { Beside } from './beside/beside.ts';
import { startBeside, urlsOf } from './composition/beside.ts';
import { createCore } from './composition/core.ts';
import { startEndpoint } from './composition/endpoint.ts';
import { createForTests, type ForTests } from './composition/for-tests.ts';
import { createServices } from './composition/services.ts';
import { startEmulators } from './emulators/emulators.ts';
import { CloudError } from './errors/cloud-error.ts';
import type { Faults } from './faults/faults.ts';
import { startGrpc } from './http/grpc.ts';
import type { Site } from './http/http-api.ts';
import type { Access } from './iam/access.ts';
import { accessKeyOf } from './iam/signature.ts';
import { isDebugged, whileResumed } from './lambda/debugger.ts';
import type { LambdaFunction } from './lambda/function.ts';
import type { Meter } from './metering/meter.ts';
import type { Issuer } from './services/issuer.ts';
import { openData } from './state/data.ts';
import { appFolder, assemblyOf, type Context } from './synthesize.ts';
import { regionOf } from './template/assembly.ts';

const OTHER_REGION = 'The region of the app has changed. Restart the embedded cloud.';
/** The region of an app that does not set one. */
const REGION = 'us-east-1';
/** The only account id that the emulators support. */
const ACCOUNT = '000000000000';

export interface CloudOptions {
  /** Folder of the app. Default: the nearest folder with a cdk.json, from the working directory upwards. */
  app?: string;
  /** CDK context in addition to the context in cdk.json, such as `{ stage: 'dev' }`. */
  context?: Context;
  /**
   * Folder that `cdk synth` wrote, or a promise of the folder's path. Default: the app is synthesized, once per
   * process.
   */
  assembly?: string | Promise<string>;
  /** Folder for the state that survives a restart. Default: the state is in memory. */
  data?: string;
  /** Fixed ports. Default: 0, any free port. */
  ports?: { aws?: number; api?: number; grpc?: number };
  /** Maximum number of instances of one function. */
  instanceLimit?: number;
  /** Injected faults. */
  faults?: Faults;
  /** Counts billable usage of AWS. */
  meter?: Meter;
  /**
   * The stand-ins that run beside the cloud. Default: the stand-ins in the app's `rollcall.config.ts`, unless
   * `assembly` is given without `app`.
   */
  beside?: readonly Beside[];
  /** Values of template parameters. They override the values of the stand-ins. */
  parameters?: Record<string, string>;
  /** Environment variables of every function. They override the variables of the templates. */
  environment?: Record<string, string>;
}

export interface RedeployOptions {
  /**
   * The share of the invocations, 0 to 1, that the previous functions get until `retirePrevious()`. Default: 0. On
   * Lambda, too, old and new code run side by side for minutes.
   */
  previousWeight?: number;
}

/**
 * A running embedded cloud: its addresses, and operations for tests.
 * @public
 */
export interface Cloud extends ForTests {
  /** The AWS endpoint. */
  endpointUrl: string;
  /** The URL of the first HTTP API; empty if there is no HTTP API. */
  apiUrl: string;
  /** The URLs of all HTTP APIs, by API id. */
  apiUrls: Readonly<Record<string, string>>;
  /**
   * Address of the first API over gRPC (HTTP/2 without TLS); undefined if no API has a route of the form `POST
   * /package.Service/Method`.
   */
  grpcUrl: string | undefined;
  /** The outputs of the stacks, by `STACK.OUTPUT`. */
  outputs(): Promise<Readonly<Record<string, string>>>;
  /** Addresses of stand-ins beside the cloud, by name. */
  beside: Readonly<Record<string, string>>;
  /** Issues tokens for the API. */
  issuer: Issuer;
  access: Access;
  functions: ReadonlyMap<string, LambdaFunction>;
  /** The last log lines of a function, oldest first. */
  logs(functionName: string): readonly string[];
  /** Whether no function runs, and no stand-in is busy. */
  isIdle(): boolean;
  /**
   * Serves a site at the first API's address. The site receives each request before the API, except requests from
   * other origins.
   */
  serve(site: Site): void;
  /**
   * Replaces the functions and their event sources with the functions and event sources of the given assembly. Tables,
   * queues and topics are kept. Running invocations finish with the previous code.
   */
  redeploy(assembly: string, options?: RedeployOptions): Promise<void>;
  /**
   * Ends the functions of the previous deployment.
   * @returns the number of invocations that these functions handled since the redeployment
   */
  retirePrevious(): Promise<number>;
  stop(): Promise<void>;
  /** Calls {@link stop}, for `await using cloud = await startCloud();`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The default maximum of instances per function. On two cores, more instances would only wait for each other. Each
 * instance takes about 20 MB of memory.
 */
const INSTANCES = 2;

/**
 * Starts the embedded cloud: deploys an app's templates on this machine.
 * @throws {CloudError} if the cloud cannot start
 * @public
 */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const opened = new AsyncDisposableStack();
  try {
    return await open(options, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

const assemblyFor = async ({ app, context, assembly }: CloudOptions) => assembly ?? assemblyOf(appFolder(app), context);

/** The folder of the app; undefined if only an assembly is given. */
const folderOf = ({ app, assembly }: CloudOptions) =>
  assembly !== undefined && app === undefined ? undefined : appFolder(app);

async function besideFor(options: CloudOptions): Promise<readonly Beside[]> {
  const { beside, ports } = options;
  const folder = folderOf(options);
  if (beside || folder === undefined) return beside ?? [];
  const config = await readApp(folder);
  return config.beside?.({ port: ports?.api ?? 0 }) ?? [];
}

/** @param opened collects resources, which the caller closes in reverse order */
async function open(options: CloudOptions, opened: AsyncDisposableStack): Promise<Cloud> {
  const { data, ports = {}, faults, meter, instanceLimit = INSTANCES, parameters = {}, environment = {} } = options;
  const { state, folder } = openData(data, opened);
  const authorizeSending = (authorization: string | undefined, resource: string) =>
    core.access.authorize(accessKeyOf(authorization) ?? '', () => [{ action: 'sqs:SendMessage', resource }], 'sqs');
  const starting = [
    assemblyFor(options),
    startEmulators({ folder, data, region: REGION, authorizeSending }, opened),
  ] as const;
  // Waits even if the assembly fails, because emulators can only be stopped after they have started.
  await Promise.allSettled(starting);
  const [assembly, emulators] = await Promise.all(starting);

  const place = { region: regionOf(assembly) ?? REGION, accountId: ACCOUNT };
  const core = createCore({ place, state, data, emulators, apiPort: ports.api ?? 0, faults, meter }, opened);
  const { apis, stacks, access, functions } = core;
  const beside = await startBeside(await besideFor(options), core, opened);
  const endpoint = await startEndpoint(
    core,
    { port: ports.aws ?? 0, isPersistent: data !== undefined, beside },
    opened,
  );
  const app = folderOf(options) ?? dirname(assembly);
  const settings = { instanceLimit, parameters, environment, folder, app, beside: [...beside.values()] };
  const debugged = isDebugged();
  const { services, logs } = createServices(core, { endpoint, isDebugged: debugged, ...settings }, opened);

  opened.defer(() => (debugged ? whileResumed(() => stacks.halt()) : stacks.halt()));
  await stacks.run(services, assembly);
  const grpc = stacks.hasGrpcRoutes ? await startGrpc({ apiUrl: () => apis.first, port: ports.grpc ?? 0 }) : undefined;
  opened.defer(() => grpc?.stop());
  const running = () => [
    ...[...functions.values()].filter((fn) => fn.isBusy).map((fn) => fn.settings.name),
    ...[...beside].filter(([, { isBusy }]) => isBusy?.()).map(([name]) => name),
  ];
  const stop = () => opened.disposeAsync();
  return {
    ...createForTests(
      { core, control: endpoint.control, apiUrl: apis.first, endpointUrl: endpoint.url, running },
      opened,
    ),
    endpointUrl: endpoint.url,
    apiUrl: apis.first,
    beside: urlsOf(beside),
    apiUrls: apis.all,
    grpcUrl: grpc?.url,
    outputs: () => stacks.outputs(),
    issuer: endpoint.issuer,
    access,
    functions,
    logs: logs.of,
    isIdle: () => running().length === 0,
    serve: (site) => stacks.serve(site),
    async redeploy(changed, { previousWeight } = {}) {
      if ((regionOf(changed) ?? REGION) !== place.region) throw new CloudError(OTHER_REGION);
      const replace = () => stacks.replace(services, changed, previousWeight);
      await (debugged ? whileResumed(replace) : replace());
    },
    retirePrevious: () => stacks.retirePrevious(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
