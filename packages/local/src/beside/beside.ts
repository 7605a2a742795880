import type { DatabaseSync } from 'node:sqlite';
import type { Registry } from '@rollcall/kit/internal/discovery/registry';
import type { Access } from '../iam/access.ts';
import type { AskedFor } from '../iam/requests.ts';
import type { ResourceProvider } from '../template/resource.ts';

/**
 * What an app runs beside the cloud, for as long as the cloud is up: a stand-in for what the app calls outside AWS, or for
 * an AWS service that the cloud does not have. Each cloud needs one of its own.
 * @public
 */
export interface Beside {
  /** Under which the cloud tells its address, such as `payments`. */
  readonly name: string;
  /**
   * Starts it, before anything is deployed.
   * @param opened takes what is to be closed when the cloud stops
   */
  start(surroundings: Surroundings, opened: AsyncDisposableStack): Promise<Started>;
}

/**
 * What a cloud offers to what runs beside it.
 * @public
 */
export interface Surroundings {
  region: string;
  accountId: string;
  /** Survives a restart if the cloud's data does. Its user creates its tables, whose names begin with the name of the `Beside`. */
  database: DatabaseSync;
  /** Roles, their keys, and what they may do. */
  access: Access;
  /** Publishes to a topic of the app. */
  publish(topicArn: string, message: string): Promise<void>;
}

/** Answers an operation of an AWS service that speaks JSON. `undefined`: drop the connection. */
export type AwsHandler = (
  operation: string,
  request: string,
  headers: Record<string, string>,
) => Promise<{ status: number; body: unknown } | undefined> | { status: number; body: unknown };

/**
 * An AWS service that is answered for, without an emulator.
 * @beta
 */
export interface AwsService {
  /** Its prefix in IAM, such as `secretsmanager`. */
  service: string;
  answer: AwsHandler;
  /** What IAM checks of a call; by default the action of this name on any resource. */
  askedFor?: (operation: string, request: string) => AskedFor[];
}

/**
 * What has been started beside a cloud.
 * @public
 */
export interface Started {
  /** Its address. */
  url: string;
  /**
   * AWS services that it answers for, by the first part of `x-amz-target`.
   * @beta
   */
  services?: Record<string, AwsService>;
  /**
   * The resource types that it makes.
   * @param checks takes what can only be checked when everything is deployed. They throw.
   */
  providers?: (checks: Array<() => void>) => Record<string, ResourceProvider>;
  /** Values of secrets, by the end of their names; all others are generated. */
  secrets?: Record<string, object>;
  /** Values of template parameters. */
  parameters?: Record<string, string>;
  /**
   * Called when everything is deployed, and before anything runs; again after each redeployment.
   * @param registry where instances of services register; undefined: the app has none
   */
  deployed?: (registry: Registry | undefined) => Promise<void>;
  /** Whether it has something left to do, such as a callback to make. */
  isBusy?: () => boolean;
}
