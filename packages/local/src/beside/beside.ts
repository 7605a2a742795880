import type { DatabaseSync } from 'node:sqlite';
import type { Registry } from '@rollcall/kit/internal/discovery/registry';
import type { Access } from '../iam/access.ts';
import type { AskedFor } from '../iam/requests.ts';
import type { ResourceProvider } from '../template/resource.ts';

/**
 * A stand-in, which runs beside the embedded cloud as long as the cloud runs. A stand-in replaces a service outside
 * AWS, or an AWS service that the cloud does not support. Each cloud needs a separate instance of the stand-in.
 * @public
 */
export interface Beside {
  /** The key of the stand-in's address in `Cloud.beside`, such as `payments`. */
  readonly name: string;
  /**
   * Starts the stand-in. Called before the stacks are deployed.
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
   * The cloud's database, which survives a restart if the cloud has a data folder. The stand-in can create tables in
   * the database. The names of these tables must start with the name of the stand-in.
   */
  database: DatabaseSync;
  /** Roles with their keys and permissions. */
  access: Access;
  /** Publishes a message to a topic of the app. */
  publish(topicArn: string, message: string): Promise<void>;
}

/** Implements the operations of an AWS service with a JSON protocol. Returns `undefined` to drop the connection. */
export type AwsHandler = (
  operation: string,
  request: string,
  headers: Record<string, string>,
) => Promise<{ status: number; body: unknown } | undefined> | { status: number; body: unknown };

/**
 * An AWS service that is implemented in this process, and not by a separate emulator.
 * @beta
 */
export interface AwsService {
  /** The service's prefix in IAM, such as `secretsmanager`. */
  service: string;
  answer: AwsHandler;
  /** The permissions that a call requires. Default: the action with the operation's name, on any resource. */
  askedFor?: (operation: string, request: string) => AskedFor[];
}

/**
 * A started stand-in.
 * @public
 */
export interface Started {
  /** The address of the stand-in. */
  url: string;
  /**
   * The AWS services that the stand-in implements, by the first part of `x-amz-target`.
   * @beta
   */
  services?: Record<string, AwsService>;
  /**
   * The providers of the resource types that the stand-in implements.
   * @param checks collects functions that run after the deployment and throw if a check fails
   */
  providers?: (checks: Array<() => void>) => Record<string, ResourceProvider>;
  /**
   * Values of secrets, keyed by the end of the secret's name. Other secrets get the template's value or a generated
   * value.
   */
  secrets?: Record<string, object>;
  /** Values of template parameters. */
  parameters?: Record<string, string>;
  /**
   * Called after each deployment, before the APIs and event sources invoke the deployed functions.
   * @param registry the registry of service instances; undefined if the app has none
   */
  deployed?: (registry: Registry | undefined) => Promise<void>;
  /** Whether the stand-in has work to do, such as a pending callback. */
  isBusy?: () => boolean;
}
