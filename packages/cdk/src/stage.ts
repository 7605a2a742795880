import { DEFAULT_SCOPES, tokenScopes } from '@rollcall/kit/internal/contracts/token-scopes';
import * as z from 'zod';

const concurrency = z.int().min(2).max(1000);

const perSecond = z.int().min(1);

/**
 * What a stage of any app is set to. Each setting has a default, that of a stage which may lose its data: `{}` is a stage. An
 * app extends it by settings of its own.
 * @beta
 */
export const stageSettings = z.strictObject({
  /** Whether tables outlive their stack, and can be deleted by nobody before their protection is switched off. */
  keepData: z.boolean().default(false),
  pointInTimeRecovery: z.boolean().default(false),
  logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]).default(7),
  /** For how long subscribers can read again what was published, personal data included; null: not at all. */
  eventArchiveDays: z.int().min(1).max(365).nullable().default(7),
  /** Most batches of a queue that its consumer handles at once, over all instances: 2 to 1,000. */
  subscriberConcurrency: z.object({ default: concurrency }).catchall(concurrency).default({ default: 5 }),
  /**
   * Units a second that a table, but not its indexes, is ready for before its first load, by its name, such as `orders`:
   * 12,000 and 4,000 if nothing is said. Paid once, when it is raised; it cannot be lowered
   * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html). How many: docs/capacity.md.
   */
  warmThroughput: z
    .record(z.string(), z.strictObject({ reads: z.int().min(12_000), writes: z.int().min(4_000) }))
    .default({}),
  /**
   * Instances that are kept for a function, and its most, by its name, such as `orders-create`; of a consumer, at
   * least its `subscriberConcurrency`. They are taken from what the account may run, of which 100 stay for all others
   * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
   */
  reservedConcurrency: z.record(z.string(), z.int().min(2)).default({}),
  /** Requests a second that the API takes of each route, from everybody together. */
  throttling: z.strictObject({ perSecond, burst: perSecond }).default({ perSecond: 5_000, burst: 5_000 }),
  /** Whose tokens callers bring: for this audience, of the OpenID provider that is a parameter of the foundation stack. */
  tokens: z
    .strictObject({
      /** Default: the name of the app. */
      audience: z.string().min(1).optional(),
      /** Of tokens that are good for everything, not only for the resource that is their subject. */
      scopes: tokenScopes,
    })
    .default({ scopes: DEFAULT_SCOPES }),
  cors: z
    .strictObject({
      /** Web sites whose pages may call the API, such as `https://www.example.com`; none: it is closed to pages. */
      origins: z.array(z.url({ protocol: /^https$/ })),
    })
    .default({ origins: [] }),
  /**
   * Whether who takes messages from a queue checks which function has sent them, by SQS's `SenderId`; false for clouds that
   * report something else there.
   */
  verifySenders: z.boolean().default(true),
  /**
   * Whether all that is kept and sent is encrypted with a key of the stage's own, at $1 a month and its requests.
   * `retiring`: nothing new is, and the key is still there, for what is older. Between true and false, one deployment has
   * it: other stacks import the key, and CloudFormation takes no export away that is in use.
   */
  customerManagedKey: z.union([z.boolean(), z.literal('retiring')]).default(false),
  /** Where the functions' spans go; nothing: nobody traces. */
  tracing: z
    .strictObject({
      /**
       * `cloudwatch`: the OTLP endpoint of the stage's region, for accounts that have Transaction Search switched on; or
       * the address of a collector that takes OTLP/HTTP, such as `http://localhost:4318` of a collector's layer.
       */
      to: z.union([z.literal('cloudwatch'), z.url({ protocol: /^https?$/ })]),
      /** ARN of the layer of a collector, for arm64. */
      layer: z.string().startsWith('arn:').nullable(),
      /** The part of all traces that is recorded: 0 to 1. */
      ratio: z.number().min(0).max(1),
    })
    .nullable()
    .default(null),
  /**
   * How what it offers gets into AWS Cloud Map: by its `templates`; or they only put out what is to be entered, for a cloud
   * whose CloudFormation knows no Cloud Map (`outputs`), and whoever deploys enters it. From the first to the second,
   * the stacks of subscribers are deployed before the foundation: they import from it.
   */
  directory: z.enum(['templates', 'outputs']).default('templates'),
  /** Where the API is not at the root of its address: the path before its own paths, in which `{api}` is its id. */
  basePath: z.string().startsWith('/').nullable().default(null),
  /** Whether alarms watch it, and a dashboard shows it. */
  monitoring: z.boolean().default(true),
  /** Where the people on call read what to do: each alarm names a chapter of it by its anchor. */
  runbook: z.string().min(1).default('docs/runbook.md'),
  /** What the API must keep to, over all routes, or an alarm is raised. */
  apiAlarms: z
    .strictObject({
      /** Answers with 5xx, in per cent of all. */
      errorPercent: z.number().positive().max(100),
      /** What one request in a hundred may exceed. */
      p99Ms: z.int().positive(),
    })
    .default({ errorPercent: 5, p99Ms: 10_000 }),
  /** Whether alarms are mailed, to the address that is a parameter of the operations stack. */
  alarmByEmail: z.boolean().default(false),
});

export type StageSettings = z.output<typeof stageSettings>;

/**
 * A stage of an app.
 * @public
 */
export interface Stage extends StageSettings {
  /** Of its application, as in the sources of its messages: `/APPLICATION/SERVICE`. */
  app: string;
  name: string;
  /** The stage's own key, once it is there. */
  keyArn?: string;
}

/** As names of metrics and descriptions have it. */
export const capitalized = (app: string): string => `${app.charAt(0).toUpperCase()}${app.slice(1)}`;

/** Most batches that a consumer handles at once. */
export const concurrencyOf = ({ subscriberConcurrency }: Stage, name: string): number =>
  (subscriberConcurrency as Partial<Record<string, number>>)[name] ?? subscriberConcurrency.default;

/** What the names of everything in a stage begin with. */
export const prefixOf = ({ app, name }: Pick<Stage, 'app' | 'name'>): string => `${app}-${name}-`;

/**
 * A stage whose settings are checked.
 * @param schema of the app's settings, which extends `stageSettings`
 * @throws {Error} if there is no such stage, or its settings are wrong
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
  // Roles, and who may use what, go by what names begin with: no app's and no stage's may begin another's.
  for (const [what, word] of [
    ['app', app],
    ['stage', name],
  ])
    if (!/^[a-z][a-z0-9]*$/.test(word ?? ''))
      throw new Error(`The name of the ${what}, "${word}", must have lower-case letters and digits only.`);
  const result = schema.safeParse(found);
  if (result.success) return { app, name, ...result.data };
  throw new Error(`The settings of stage "${name}" are wrong:\n${z.prettifyError(result.error)}`);
}
