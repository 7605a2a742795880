import { Duration } from 'aws-cdk-lib';
import {
  Architecture,
  type CfnEventSourceMapping,
  Code,
  type EventSourceMapping,
  type EventSourceMappingOptions,
  type IFunction,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { bundleOf } from './bundles.ts';
import { functionRole } from './function-role.ts';
import { LiveAlias, versionOptions } from './live-alias.ts';
import { namespaceOf } from './service-metric.ts';
import type { ServiceTable } from './service-table.ts';
import { prefixOf, type Stage } from './stage.ts';
import { exportTraces } from './tracing.ts';

export interface ServiceFunctionProps {
  stage: Stage;
  /** Unique in the stage, such as `orders-read`. */
  name: string;
  /** Path of the handler file, from the project's root. */
  entry: string;
  /** The function that the handler file exports. */
  handler: string;
  environment?: Record<string, string>;
  timeout?: Duration;
}

/**
 * A Lambda function that runs one export of a handler file, with its own role and log group. If the stage shifts
 * traffic, the function has an alias.
 * @public
 */
export class ServiceFunction extends LambdaFunction {
  static readonly defaultTimeout = Duration.seconds(10);
  readonly #alias: LiveAlias | undefined;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    const { stage, name, entry, handler, environment = {}, timeout = ServiceFunction.defaultTimeout } = props;
    const reserved = stage.reservedConcurrency[name];
    const functionName = `${prefixOf(stage)}${name}`;
    const { role, logGroup } = functionRole(scope, id, { stage, functionName });
    super(scope, id, {
      functionName,
      role,
      code: Code.fromAsset(bundleOf(entry, handler)),
      handler: `index.${handler}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // CPU share grows with memory. With 512 MB, a bundle with SDK clients starts in about half the time that the
      // bundle needs with the default of 128 MB.
      memorySize: 512,
      timeout,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      environment: { POWERTOOLS_METRICS_NAMESPACE: namespaceOf(stage), ...environment },
      loggingFormat: LoggingFormat.JSON,
      // Lambda itself logs only warnings, such as timeouts and crashes, because its lines about each invocation would
      // cost as much as the lines that the function logs.
      // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
      systemLogLevelV2: SystemLogLevel.WARN,
      logGroup,
      currentVersionOptions: versionOptions(() => this),
    });
    exportTraces(this, stage);
    const { trafficShifting: shifting } = stage;
    this.#alias = shifting === null ? undefined : new LiveAlias(this, { functionName, shifting });
  }

  /** The target of all invocations: the alias, if the stage shifts traffic; otherwise the function itself. */
  get live(): IFunction {
    // CDK's own types are not assignable to each other under exactOptionalPropertyTypes.
    return (this.#alias ?? this) as IFunction;
  }

  /** Rolls a deployment back if an alarm is raised while traffic is shifted. */
  rollBackOn(alarmName: string): void {
    this.#alias?.rollBackOn(alarmName);
  }

  /**
   * Maps an event source to {@link live}. The logical id of the mapping does not depend on the setting for traffic
   * shifting. Otherwise, a change of this setting would create a new mapping, which would read a stream from its
   * beginning.
   */
  override addEventSourceMapping(id: string, options: EventSourceMappingOptions): EventSourceMapping {
    const mapping = super.addEventSourceMapping(id, options);
    if (this.#alias) (mapping.node.defaultChild as CfnEventSourceMapping).functionName = this.#alias.functionArn;
    return mapping;
  }

  /** Allows actions on a table, such as `GetItem`, and sets an environment variable to the table's name. */
  uses(variable: string, table: ServiceTable, ...actions: string[]): void {
    this.addEnvironment(variable, table.tableName);
    table.allow(this, ...actions);
  }
}
