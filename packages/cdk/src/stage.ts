import { DEFAULT_SCOPES, tokenScopes } from '@rollcall/kit/internal/contracts/token-scopes';
import * as z from 'zod';

const concurrency = z.int().min(2).max(1000);

const perSecond = z.int().min(1);

/**
 * The names of CodeDeploy's predefined configurations, without the prefix `CodeDeployDefault.`. `LambdaAllAtOnce` is
 * omitted, because CodeDeploy does not watch alarms with this configuration.
 */
const TRAFFIC_SHIFTING = [
  'LambdaCanary10Percent5Minutes',
  'LambdaCanary10Percent10Minutes',
  'LambdaCanary10Percent15Minutes',
  'LambdaCanary10Percent30Minutes',
  'LambdaLinear10PercentEvery1Minute',
  'LambdaLinear10PercentEvery2Minutes',
  'LambdaLinear10PercentEvery3Minutes',
  'LambdaLinear10PercentEvery10Minutes',
] as const;

/**
 * The settings of a stage of any application. Each setting has a default that suits a stage that may lose its data, so
 * `{}` is valid. An application can extend the schema with its own settings.
 * @beta
 */
export const stageSettings = z.strictObject({
  /** Whether resources with data remain when their stack is deleted. Tables then also have deletion protection. */
  keepData: z.boolean().default(false),
  pointInTimeRecovery: z.boolean().default(false),
  logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]).default(7),
  /** How many days published messages, including personal data, are archived for replay; null: no archive. */
  eventArchiveDays: z.int().min(1).max(365).nullable().default(7),
  /**
   * The number of batches, from 2 to 1,000, that a consumer may process concurrently over all instances. Each key is
   * the name of a consumer, and `default` applies to all other consumers.
   */
  subscriberConcurrency: z.object({ default: concurrency }).catchall(concurrency).default({ default: 5 }),
  /**
   * Warm throughput per table, by name, such as `orders`: the read and write units per second that the table supports
   * without prior load. The setting does not apply to indexes. Default of AWS: 12,000 and 4,000. Warm throughput is
   * charged once, when it is raised, and cannot be lowered
   * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html). Sizing: docs/capacity.md.
   */
  warmThroughput: z
    .record(z.string(), z.strictObject({ reads: z.int().min(12_000), writes: z.int().min(4_000) }))
    .default({}),
  /**
   * Reserved concurrency per function, by name, such as `orders-create`. The value for the function `NAME-consume` must
   * be at least the consumer's `subscriberConcurrency`. Reserved concurrency is taken from the account's concurrency,
   * of which 100 must remain unreserved (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
   */
  reservedConcurrency: z.record(z.string(), z.int().min(2)).default({}),
  /**
   * The CodeDeploy configuration with which traffic is shifted to new code. An alarm rolls the shift back
   * (https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html). null: all traffic is
   * shifted at once. Other values require `monitoring`.
   */
  trafficShifting: z.enum(TRAFFIC_SHIFTING).nullable().default(null),
  /** Maximum number of requests a second per route of the API, over all callers. */
  throttling: z.strictObject({ perSecond, burst: perSecond }).default({ perSecond: 5_000, burst: 5_000 }),
  /**
   * The audience and scopes of the tokens that callers use. The parameter `TokenIssuer` of the foundation stack is the
   * URL of the OpenID provider that issues the tokens.
   */
  tokens: z
    .strictObject({
      /** Default: the name of the app. */
      audience: z.string().min(1).optional(),
      /** Scopes of tokens that are valid for all resources instead of only for the subject of the token. */
      scopes: tokenScopes,
    })
    .default({ scopes: DEFAULT_SCOPES }),
  cors: z
    .strictObject({
      /** Origins of web pages that may call the API (CORS), such as `https://www.example.com`; empty: none. */
      origins: z.array(z.url({ protocol: /^https$/ })),
    })
    .default({ origins: [] }),
  /**
   * Whether consumers use SQS's `SenderId` to verify which function has sent a message. Set to false for clouds that
   * report other values.
   */
  verifySenders: z.boolean().default(true),
  /**
   * Whether all data that the stage stores and sends is encrypted with a customer managed key, at $1 a month plus
   * requests. `retiring`: the key only decrypts older data. Before a change from true to false, one deployment with
   * `retiring` is required, because other stacks import the key, and CloudFormation does not delete an export that is
   * in use.
   */
  customerManagedKey: z.union([z.boolean(), z.literal('retiring')]).default(false),
  /** Where functions export their spans; null: no tracing. */
  tracing: z
    .strictObject({
      /**
       * `cloudwatch`: the OTLP endpoint of the stage's region, for accounts with Transaction Search enabled. Otherwise,
       * the URL of an OTLP/HTTP collector, such as `http://localhost:4318` for a collector in a layer.
       */
      to: z.union([z.literal('cloudwatch'), z.url({ protocol: /^https?$/ })]),
      /** ARN of a collector's layer, for arm64. */
      layer: z.string().startsWith('arn:').nullable(),
      /** Share of traces that are sampled: 0 to 1. */
      ratio: z.number().min(0).max(1),
    })
    .nullable()
    .default(null),
  /**
   * How the stage registers its entries in AWS Cloud Map. `templates`: CloudFormation registers them. `outputs`: the
   * deployer registers them from stack outputs, for a cloud whose CloudFormation does not support Cloud Map. When
   * switching to `outputs`, deploy the subscribers' stacks before the foundation stack, because the subscribers' stacks
   * import exports of the foundation stack.
   */
  directory: z.enum(['templates', 'outputs']).default('templates'),
  /** Path of the API if the API is not at the root of its host. `{api}` is replaced with the API's id. */
  basePath: z.string().startsWith('/').nullable().default(null),
  /** Whether the stage has alarms and a dashboard. */
  monitoring: z.boolean().default(true),
  /** The runbook that alarms refer to: each alarm contains the anchor of a chapter of the runbook. */
  runbook: z.string().min(1).default('docs/runbook.md'),
  /** Thresholds of the API's alarms, over all routes. */
  apiAlarms: z
    .strictObject({
      /** Responses with 5xx, in per cent of all responses. */
      errorPercent: z.number().positive().max(100),
      /** The latency that at most one request in a hundred may exceed, in milliseconds. */
      p99Ms: z.int().positive(),
    })
    .default({ errorPercent: 5, p99Ms: 10_000 }),
  /** Whether alarms are sent by email, to the address in a parameter of the operations stack. */
  alarmByEmail: z.boolean().default(false),
});

export type StageSettings = z.output<typeof stageSettings>;

/**
 * A stage of an application.
 * @public
 */
export interface Stage extends StageSettings {
  /** Name of the application, as in the `source` of its messages: `/APPLICATION/SERVICE`. */
  app: string;
  name: string;
  /** ARN of the customer managed key that encrypts new data. The app sets this ARN if `customerManagedKey` is true. */
  keyArn?: string;
}

/** The name of an application with a capital letter, as in metric namespaces and descriptions. */
export const capitalized = (app: string): string => `${app.charAt(0).toUpperCase()}${app.slice(1)}`;

/** Maximum number of batches that a consumer processes concurrently. */
export const concurrencyOf = ({ subscriberConcurrency }: Stage, name: string): number =>
  (subscriberConcurrency as Partial<Record<string, number>>)[name] ?? subscriberConcurrency.default;

/** Prefix of all resource names of a stage. */
export const prefixOf = ({ app, name }: Pick<Stage, 'app' | 'name'>): string => `${app}-${name}-`;

/**
 * A stage with validated settings.
 * @param schema the schema of the application's settings: an extension of `stageSettings`
 * @throws {Error} if no stage has this name, the name of the application or stage is invalid, or the stage's settings
 * are invalid
 * @beta
 */
export function stageOf<Settings extends StageSettings>(
  schema: z.ZodType<Settings>,
  app: string,
  stages: Readonly<Record<string, unknown>>,
  name: string,
): Settings & Pick<Stage, 'app' | 'name'> {
  const found = stages[name];
  if (!found) throw new Error(`There is no stage "${name}"; there are: ${Object.keys(stages).join(', ')}.`);
  // Policies identify roles and resources by the prefix `APP-STAGE-`. Names without hyphens ensure that no prefix is
  // the beginning of another prefix.
  for (const [what, word] of [
    ['app', app],
    ['stage', name],
  ])
    if (!/^[a-z][a-z0-9]*$/.test(word ?? ''))
      throw new Error(`The name of the ${what}, "${word}", must consist of lower-case letters and digits.`);
  const result = schema.safeParse(found);
  if (result.success && result.data.trafficShifting !== null && !result.data.monitoring)
    throw new Error(
      `The settings of stage "${name}" are invalid: trafficShifting needs alarms, and monitoring is false.`,
    );
  if (result.success) return { app, name, ...result.data };
  throw new Error(`The settings of stage "${name}" are invalid:\n${z.prettifyError(result.error)}`);
}
