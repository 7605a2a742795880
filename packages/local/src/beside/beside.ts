import type { DatabaseSync } from 'node:sqlite';
import type { Registry } from '@rollcall/kit/internal/discovery/registry';
import type { Access } from '../iam/access.ts';
import type { AskedFor } from '../iam/requests.ts';
import type { ResourceProvider } from '../template/resource.ts';

/**
 * Something that an app runs beside the cloud, for the cloud's lifetime: a stand-in for a service outside AWS, or for
 * an AWS service that the cloud lacks. Each cloud needs an instance of its own.
 * @public
 */
export interface Beside {
  /** Name of its address, such as `payments`. */
  readonly name: string;
  /**
   * Starts it, before anything is deployed.
   * @param opened collects resources to close when the cloud stops
   */
  start(surroundings: Surroundings, opened: AsyncDisposableStack): Promise<Started>;
}

/**
 * The services that a cloud provides to a stand-in.
 * @public
 */
export interface Surroundings {
  region: string;
  accountId: string;
  /**
   * Survives a restart if the cloud's data does. Create your own tables in it, with names that start with the name of
   * the `Beside`.
   */
  database: DatabaseSync;
  /** Roles with their keys and permissions. */
  access: Access;
  /** Publishes to a topic of the app. */
  publish(topicArn: string, message: string): Promise<void>;
}

/** Implements the operations of an AWS service with a JSON protocol. Returns `undefined` to drop the connection. */
export type AwsHandler = (
  operation: string,
  request: string,
  headers: Record<string, string>,
) => Promise<{ status: number; body: unknown } | undefined> | { status: number; body: unknown };

/**
 * An AWS service that is implemented without an emulator.
 * @beta
 */
export interface AwsService {
  /** Its prefix in IAM, such as `secretsmanager`. */
  service: string;
  answer: AwsHandler;
  /** The IAM check of a call. Default: the action of this name on any resource. */
  askedFor?: (operation: string, request: string) => AskedFor[];
}

/**
 * Something that was started beside a cloud.
 * @public
 */
export interface Started {
  /** Its address. */
  url: string;
  /**
   * AWS services that it implements, by the first part of `x-amz-target`.
   * @beta
   */
  services?: Record<string, AwsService>;
  /**
   * The resource types that it creates.
   * @param checks collects checks that run after everything is deployed; they throw
   */
  providers?: (checks: Array<() => void>) => Record<string, ResourceProvider>;
  /** Values of secrets, by the end of their names; all others are generated. */
  secrets?: Record<string, object>;
  /** Values of template parameters. */
  parameters?: Record<string, string>;
  /**
   * Called after everything is deployed, and before anything runs; again after each redeployment.
   * @param registry the registry of service instances; undefined: the app has none
   */
  deployed?: (registry: Registry | undefined) => Promise<void>;
  /** Whether it still has work to do, such as a pending callback. */
  isBusy?: () => boolean;
}
