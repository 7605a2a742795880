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
 * One export of a handler file as a Lambda function, with its own role and log group.
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
      // The share of a CPU grows with memory: half a gigabyte starts a bundle with SDK clients in about half the time.
      memorySize: 512,
      timeout,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      environment: { POWERTOOLS_METRICS_NAMESPACE: namespaceOf(stage), ...environment },
      loggingFormat: LoggingFormat.JSON,
      // Lambda's own lines of each invocation cost as much as ours; those of what timed out or died are warnings.
      // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
      systemLogLevelV2: SystemLogLevel.WARN,
      logGroup,
    });
    exportTraces(this, stage);
  }

  /** Lets it do this with a table, such as `GetItem`, and tells it which that is by a variable of its environment. */
  uses(variable: string, table: ServiceTable, ...actions: string[]): void {
    this.addEnvironment(variable, table.tableName);
    table.allow(this, ...actions);
  }
}
