import { Duration } from 'aws-cdk-lib';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { bundleOf } from './bundles.ts';
import { functionRole } from './function-role.ts';
import { namespaceOf } from './service-metric.ts';
import type { ServiceTable } from './service-table.ts';
import { prefixOf, type Stage } from './stage.ts';
import { exportTraces } from './tracing.ts';

export interface ServiceFunctionProps {
  stage: Stage;
  /** Unique in the stage, such as `orders-read`. */
  name: string;
  /** Handler file, from the project's root, and the function that it exports. */
  entry: string;
  handler: string;
  environment?: Record<string, string>;
  timeout?: Duration;
}

/**
 * A Lambda function that runs one export of a handler file, with its own role and log group.
 * @public
 */
export class ServiceFunction extends LambdaFunction {
  static readonly defaultTimeout = Duration.seconds(10);

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
      // CPU share grows with memory: with half a gigabyte, a bundle with SDK clients starts in about half the time.
      memorySize: 512,
      timeout,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      environment: { POWERTOOLS_METRICS_NAMESPACE: namespaceOf(stage), ...environment },
      loggingFormat: LoggingFormat.JSON,
      // Lambda's own log lines of each invocation cost as much as the function's; timeouts and crashes are logged as
      // warnings. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
      systemLogLevelV2: SystemLogLevel.WARN,
      logGroup,
    });
    exportTraces(this, stage);
  }

  /** Grants actions on a table, such as `GetItem`, and sets an environment variable to the table's name. */
  uses(variable: string, table: ServiceTable, ...actions: string[]): void {
    this.addEnvironment(variable, table.tableName);
    table.allow(this, ...actions);
  }
}
