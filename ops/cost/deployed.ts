import type { AssembledStack, TemplateResource } from '../../local/template/assembly.ts';

/** What of a stage's templates decides about its bill. */
export interface Deployed {
  /** By name. */
  functions: Record<string, DeployedFunction>;
  /** By name of the topic: what each message is delivered to, whatever a filter then leaves of it. */
  subscriptions: Record<string, number>;
  /** Names of the functions that run each minute. */
  sweeps: string[];
  /** Queues that Lambda polls. */
  polled: { fifo: number; standard: number };
  /** An estimate of the API's access log, by the length of its format. */
  accessLogBytes: number;
  alarmMetrics: number;
  dashboards: number;
  secrets: number;
  keys: number;
}

export interface DeployedFunction {
  memoryMb: number;
  /** Of the two lines that Lambda logs of each invocation (`platform.start`, `platform.report`), where it does. */
  platformLogBytes: number;
}

interface Reference {
  Ref?: string;
  'Fn::GetAtt'?: [logicalId: string, attribute: string];
  'Fn::ImportValue'?: string;
}

/** By https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html, with request ids and times in full. */
const PLATFORM_LOG_BYTES = 155 + 265;
const DEFAULT_MEMORY_MB = 128;

/** Reads what `cdk synth` wrote, or what was deployed. */
export function deployedOf(stacks: readonly AssembledStack[]): Deployed {
  const exported = new Map<string, Reference>();
  for (const { name, template } of stacks)
    for (const { Value, Export } of Object.values(template.Outputs ?? {}))
      if (typeof Export?.Name === 'string') exported.set(Export.Name, placed(name, Value as Reference));
  const all = stacks.flatMap(({ name: stack, template }) =>
    Object.entries(template.Resources).map(([id, resource]) => ({ id: `${stack}/${id}`, stack, ...resource })),
  );
  const ofType = (type: string) => all.filter(({ Type }) => Type === type);
  const byId = new Map(all.map((resource) => [resource.id, resource]));
  const referred = (stack: string, value: unknown) => {
    const reference = value as Reference;
    const there = reference['Fn::ImportValue'] ? exported.get(reference['Fn::ImportValue']) : placed(stack, reference);
    return byId.get(there?.['Fn::GetAtt']?.[0] ?? there?.Ref ?? '');
  };
  const nameOf = (resource: TemplateResource | undefined, property: string) => String(resource?.Properties?.[property]);
  const [apiStage] = ofType('AWS::ApiGatewayV2::Stage');
  const { Format = '' } = (apiStage?.Properties?.AccessLogSettings ?? {}) as { Format?: string };
  const polled = ofType('AWS::Lambda::EventSourceMapping')
    .map(({ stack, Properties }) => referred(stack, Properties?.EventSourceArn))
    .filter((source) => source?.Type === 'AWS::SQS::Queue');
  const fifo = polled.filter((queue) => queue?.Properties?.FifoQueue === true).length;
  const topics = ofType('AWS::SNS::Subscription').map(({ stack, Properties }) =>
    nameOf(referred(stack, Properties?.TopicArn), 'TopicName'),
  );

  return {
    functions: Object.fromEntries(
      ofType('AWS::Lambda::Function').map((fn) => [nameOf(fn, 'FunctionName'), functionOf(fn)]),
    ),
    subscriptions: Object.fromEntries(
      [...Map.groupBy(topics, (topic) => topic)].map(([topic, of]) => [topic, of.length]),
    ),
    sweeps: ofType('AWS::Events::Rule').flatMap(({ stack, Properties }) =>
      (Properties as { Targets: Array<{ Arn: unknown }> }).Targets.map(({ Arn }) =>
        nameOf(referred(stack, Arn), 'FunctionName'),
      ),
    ),
    polled: { fifo, standard: polled.length - fifo },
    accessLogBytes: Format.length,
    alarmMetrics: ofType('AWS::CloudWatch::Alarm').reduce((all, alarm) => all + metricsOf(alarm), 0),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    secrets: ofType('AWS::SecretsManager::Secret').length,
    keys: ofType('AWS::KMS::Key').length,
  };
}

function functionOf({ Properties = {} }: TemplateResource): DeployedFunction {
  const { MemorySize = DEFAULT_MEMORY_MB, LoggingConfig = {} } = Properties as {
    MemorySize?: number;
    LoggingConfig?: { SystemLogLevel?: string };
  };
  const isQuiet = LoggingConfig.SystemLogLevel === 'WARN';
  return { memoryMb: MemorySize, platformLogBytes: isQuiet ? 0 : PLATFORM_LOG_BYTES };
}

/** An alarm whose metric is computed from two pays for two. */
function metricsOf({ Properties = {} }: TemplateResource): number {
  const { Metrics } = Properties as { Metrics?: Array<{ MetricStat?: unknown }> };
  return Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1;
}

/** A reference within a stack, as one that is good among all stacks. */
function placed(stack: string, { Ref, 'Fn::GetAtt': attribute }: Reference): Reference {
  if (attribute) return { 'Fn::GetAtt': [`${stack}/${attribute[0]}`, attribute[1]] };
  return Ref === undefined ? {} : { Ref: `${stack}/${Ref}` };
}
