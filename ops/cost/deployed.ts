import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { type Resource, resourcesOf } from 'rollcall/internal/stage/resources';

/** The properties of a stage's templates that determine its bill. */
export interface Deployed {
  /** By name. */
  functions: Record<string, DeployedFunction>;
  tables: string[];
  queues: string[];
  /**
   * The number of subscriptions to which each message is delivered, without regard to filters, by name of the topic.
   */
  subscriptions: Record<string, number>;
  /** Names of the functions that run every minute. */
  sweeps: string[];
  /** Queues that Lambda polls. A queue is listed once for each function that consumes it. */
  polled: string[];
  alarmMetrics: number;
  dashboards: number;
  secrets: number;
  keys: number;
}

export interface DeployedFunction {
  memoryMb: number;
  /** Bytes of the lines `platform.start` and `platform.report` per invocation; 0 if Lambda does not log them. */
  platformLogBytes: number;
}

/**
 * The bytes of the two lines with full request ids and times, in the format of
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html.
 */
const PLATFORM_LOG_BYTES = 155 + 265;
const DEFAULT_MEMORY_MB = 128;

/** Reads the templates that `cdk synth` wrote, or deployed ones. */
export async function deployedOf(stacks: readonly AssembledStack[]): Promise<Deployed> {
  const resources = await resourcesOf(stacks);
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  const functions = ofType('AWS::Lambda::Function');
  const topics = ofType('AWS::SNS::Subscription').map(({ properties }) => nameOf(properties.TopicArn));
  return {
    functions: Object.fromEntries(functions.map(({ name, properties }) => [name, functionOf(properties)])),
    tables: ofType('AWS::DynamoDB::GlobalTable').map(({ name }) => name),
    queues: ofType('AWS::SQS::Queue').map(({ name }) => name),
    subscriptions: countsOf(topics),
    sweeps: ofType('AWS::Events::Rule').flatMap(({ properties }) =>
      (properties as { Targets: Array<{ Arn: string }> }).Targets.map(({ Arn }) => nameOf(Arn)),
    ),
    polled: ofType('AWS::Lambda::EventSourceMapping')
      .map(({ properties }) => String(properties.EventSourceArn))
      .filter((source) => source.startsWith('queue:'))
      .map(nameOf),
    alarmMetrics: ofType('AWS::CloudWatch::Alarm').reduce((all, alarm) => all + metricsOf(alarm), 0),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    secrets: ofType('AWS::SecretsManager::Secret').length,
    keys: ofType('AWS::KMS::Key').length,
  };
}

/** The name in an id such as `queue:rollcall-dev-sms.fifo`. */
const nameOf = (id: unknown) => String(id).split(':').at(-1) ?? '';

const countsOf = (names: readonly string[]) =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, { length }]) => [name, length]));

function functionOf(properties: Resource['properties']): DeployedFunction {
  const { MemorySize = DEFAULT_MEMORY_MB, LoggingConfig = {} } = properties as {
    MemorySize?: number;
    LoggingConfig?: { SystemLogLevel?: string };
  };
  const isQuiet = LoggingConfig.SystemLogLevel === 'WARN';
  return { memoryMb: MemorySize, platformLogBytes: isQuiet ? 0 : PLATFORM_LOG_BYTES };
}

/** Counts the metrics of an alarm. If an alarm computes a metric from two metrics, both are billed. */
function metricsOf({ properties }: Resource): number {
  const { Metrics } = properties as { Metrics?: Array<{ MetricStat?: unknown }> };
  return Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1;
}
