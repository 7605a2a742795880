import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createRegistry } from '@rollcall/kit/internal/discovery/registry';
import type { Mapping } from '../event-sources/mapping.ts';
import type { HttpApi, Site } from '../http/http-api.ts';
import type { LambdaFunction } from '../lambda/function.ts';
import { BucketNotifications } from '../services/bucket-notifications.ts';
import { Directory } from '../services/directory.ts';
import { EventBuses } from '../services/event-buses.ts';
import { type AssembledStack, readAssembly } from '../template/assembly.ts';
import { deploy } from '../template/deployment.ts';
import type { Stack } from '../template/stack.ts';
import { type CreatedResource, recording } from './created.ts';
import { ignored, providers } from './providers.ts';
import type { Runtime, Services } from './runtime.ts';

/** The deployed stacks of an assembly, with their running functions and event sources. */
export class Stacks {
  readonly #apis = new Map<string, HttpApi>();
  #running: Runtime | undefined;
  /** The functions of the previous deployment, until {@link retirePrevious} ends them. */
  #previous = new Map<string, LambdaFunction>();
  #deployed: readonly Stack[] = [];

  get templates(): readonly AssembledStack[] {
    return this.#running?.assembly.stacks ?? [];
  }

  /** Whether gRPC clients can call a route of any API. */
  get hasGrpcRoutes(): boolean {
    return [...this.#apis.values()].some((api) => api.hasGrpcRoutes);
  }

  /** The created resources. */
  get created(): readonly CreatedResource[] {
    return this.#running?.created ?? [];
  }

  /** The current event sources. */
  get mappings(): readonly Mapping[] {
    return this.#running?.mappings ?? [];
  }

  async run(services: Services, assemblyFolder: string, previousWeight = 0): Promise<void> {
    const runtime: Runtime = {
      ...services,
      directory: new Directory(),
      buses: new EventBuses(services),
      bucketNotifications: new BucketNotifications(services),
      assemblyFolder,
      assembly: readAssembly(assemblyFolder, services.accountId),
      authorizers: new Map(),
      integrations: new Map(),
      apis: this.#apis,
      created: [],
      mappings: [],
      checks: [],
    };
    this.#running = runtime;
    services.access.begin();
    services.denials.clear();
    this.#deployed = await deploy(runtime.assembly, {
      region: services.region,
      accountId: services.accountId,
      providers: recording(providers(runtime), runtime.created),
      ignored,
      parameters: parametersOf(services),
      localized: (text) => text.replace(API_URL, (url, id: string) => services.apiUrls()[id] ?? url),
    });
    services.access.finish();
    services.access.checkKeys();
    for (const check of runtime.checks) check();
    for (const [name, previous] of this.#previous) {
      if (previousWeight > 0) runtime.functions.get(name)?.shareWith(previous, previousWeight);
    }
    services.directory.replaceWith(runtime.directory);
    services.buses.replaceWith(runtime.buses);
    services.bucketNotifications.replaceWith(runtime.bucketNotifications);
    await notifyStandIns(services);
    for (const api of runtime.apis.values()) api.open();
    await Promise.all(runtime.mappings.map((mapping) => mapping.start()));
  }

  /** The outputs of the stacks, by `STACK.OUTPUT`. */
  async outputs(): Promise<Record<string, string>> {
    return Object.assign({}, ...(await Promise.all(this.#deployed.map((stack) => stack.outputs()))));
  }

  /**
   * Replaces the running assembly, but keeps tables, queues and topics. Invocations in progress finish with the
   * previous code.
   * @param previousWeight the fraction of invocations, 0 to 1, that previous functions get until {@link retirePrevious}
   */
  async replace(services: Services, assemblyFolder: string, previousWeight = 0): Promise<void> {
    await this.retirePrevious();
    await this.#stopInvoking();
    this.#previous = new Map(services.functions);
    services.functions.clear();
    await this.run(services, assemblyFolder, previousWeight);
    if (previousWeight === 0) await this.retirePrevious();
  }

  /**
   * Ends the functions of the previous deployment.
   * @returns the number of invocations that these functions got since the redeployment
   */
  async retirePrevious(): Promise<number> {
    const functions = [...(this.#running?.functions.values() ?? [])];
    const routed = functions.reduce((sum, fn) => sum + fn.endSharing(), 0);
    await Promise.all([...this.#previous.values()].map((fn) => fn.drain()));
    this.#previous.clear();
    return routed;
  }

  /** Stops functions and event sources. */
  async halt(): Promise<void> {
    await this.#stopInvoking();
    const functions = this.#running?.functions;
    await Promise.all([...this.#previous.values(), ...(functions?.values() ?? [])].map((fn) => fn.stop()));
    functions?.clear();
  }

  async #stopInvoking(): Promise<void> {
    await Promise.all(this.mappings.map((mapping) => mapping.stop()));
    for (const api of this.#apis.values()) api.clearRoutes();
  }

  /**
   * Serves a site at the first API's address. The site gets each request before the API, except requests from other
   * origins.
   */
  serve(site: Site): void {
    const [api] = this.#apis.values();
    if (api) api.site = site;
  }
}

/**
 * The URL of an API as CDK constructs it
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-publish.html).
 */
const API_URL = /https:\/\/([\w-]+)\.execute-api\.[\w-]+\.amazonaws\.com/g;

const parametersOf = ({ beside, issuer, parameters }: Services): Record<string, string> =>
  Object.assign({ TokenIssuer: issuer.url }, ...beside.map((one) => one.parameters), parameters);

/**
 * Notifies the stand-ins that all resources of a deployment are created. Finds the registry of instances by its name in
 * the directory, the way clients do.
 */
async function notifyStandIns({ directory, dynamodb, beside }: Services): Promise<void> {
  const { table: tableName } = directory.attributesOf('instances') ?? {};
  const client = DynamoDBDocumentClient.from(dynamodb);
  const registry = tableName === undefined ? undefined : createRegistry({ client, tableName, now: () => new Date() });
  await Promise.all(beside.map(({ deployed }) => deployed?.(registry)));
}
