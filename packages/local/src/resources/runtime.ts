import type { Started } from '../beside/beside.ts';
import type { Clients, QueueClients } from '../emulators/clients.ts';
import type { Emulators } from '../emulators/emulators.ts';
import type { Mapping } from '../event-sources/mapping.ts';
import type { WriteNotifications } from '../event-sources/write-notifications.ts';
import type { Faults } from '../faults/faults.ts';
import type { AuthorizeToken } from '../http/authorizers.ts';
import type { HttpApi } from '../http/http-api.ts';
import type { Access } from '../iam/access.ts';
import type { Denials } from '../iam/denials.ts';
import type { FailedInvocation, LambdaFunction } from '../lambda/function.ts';
import type { Meter } from '../metering/meter.ts';
import type { Calls } from '../observability/calls.ts';
import type { Archive } from '../services/archive.ts';
import type { BucketNotifications } from '../services/bucket-notifications.ts';
import type { Directory } from '../services/directory.ts';
import type { EventBuses } from '../services/event-buses.ts';
import type { Issuer } from '../services/issuer.ts';
import type { Secrets } from '../services/secrets.ts';
import type { State } from '../state/state.ts';
import type { Assembly } from '../template/assembly.ts';
import type { CreatedResource } from './created.ts';

/** The services that the providers of resources share. */
export interface Services extends Clients, QueueClients {
  region: string;
  accountId: string;
  /** The URL of the AWS endpoint, which serves all AWS services. */
  endpointUrl: string;
  /** The folder that the cloud writes to. */
  folder: string;
  /** The folder of the app, which contains its packages. */
  app: string;
  state: State;
  emulators: Emulators;
  calls: Calls;
  writes: WriteNotifications;
  /** The maximum number of instances of a function, unless the template sets a lower maximum. */
  instanceLimit: number;
  faults: Faults | undefined;
  meter: Meter | undefined;
  access: Access;
  denials: Denials;
  issuer: Issuer;
  /** The archive of topics. */
  archive: Archive;
  directory: Directory;
  buses: EventBuses;
  bucketNotifications: BucketNotifications;
  secrets: Secrets;
  /** The stand-ins beside the cloud. */
  beside: readonly Started[];
  /** Values of template parameters. They override the values from stand-ins. */
  parameters: Record<string, string>;
  /** Whether a debugger may pause functions. If so, functions have no timeouts. */
  isDebugged: boolean;
  /** Environment variables of every function. They override the variables in the template. */
  environment: Record<string, string>;
  log: (functionName: string, line: string) => void;
  onFailure: (failure: FailedInvocation) => void;
  /** Starts the server of an API. @returns the server's URL */
  openApi: (api: HttpApi) => Promise<string>;
  /** The URLs of the APIs, by API id. */
  apiUrls: () => Readonly<Record<string, string>>;
  functions: Map<string, LambdaFunction>;
}

/** An API's integration with a function. */
export interface Integration {
  fn: LambdaFunction;
  /** ARN of the function, or of the version or alias that is invoked. */
  arn: string;
  timeoutMs: number;
}

/** The services and the created resources of a deployment. */
export interface Runtime extends Services {
  assembly: Assembly;
  /** The folder of the assembly. */
  assemblyFolder: string;
  created: CreatedResource[];
  apis: Map<string, HttpApi>;
  authorizers: Map<string, AuthorizeToken>;
  integrations: Map<string, Integration>;
  mappings: Mapping[];
  /** Checks that run when all resources are deployed. A failed check throws an error. */
  checks: Array<() => void>;
}

/**
 * The name in the template if the template contains a name, otherwise a name that is generated from the stack and the
 * logical id.
 */
export const physicalName = (given: unknown, stack: string, logicalId: string) =>
  typeof given === 'string' ? given : `${stack}-${logicalId}`;
