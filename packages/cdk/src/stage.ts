import { tokenScopes } from '@rollcall/kit/contracts/token-scopes';
import * as z from 'zod';

const concurrency = z.int().min(2).max(1000);

/** What a stage of any app is set to, in its `infra/stages.ts`. An app extends it by settings of its own. */
export const stageSettings = z.strictObject({
  /** Whether tables outlive their stack, and can be deleted by nobody before their protection is switched off. */
  keepData: z.boolean(),
  pointInTimeRecovery: z.boolean(),
  logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]),
  /** For how long subscribers can read again what was published, phones and names included; null: not at all. */
  eventArchiveDays: z.int().min(1).max(365).nullable(),
  /** Most batches of a queue that its consumer handles at once, over all instances: 2 to 1,000. */
  subscriberConcurrency: z.object({ default: concurrency }).catchall(concurrency),
  /**
   * Units a second that a table, but not its indexes, is ready for before its first load, by its name, such as `members`: 12,000 and 4,000 if
   * nothing is said. Paid once, when it is raised; it cannot be lowered
   * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html). How many: docs/capacity.md.
   */
  warmThroughput: z.record(z.string(), z.strictObject({ reads: z.int().min(12_000), writes: z.int().min(4_000) })),
  /**
   * Instances that are kept for a function, and its most, by its name, such as `registration-register`; of a consumer, at
   * least its `subscriberConcurrency`. They are taken from what the account may run, of which 100 stay for all others
   * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
   */
  reservedConcurrency: z.record(z.string(), z.int().min(2)),
  /** Requests a second that the API takes of each route, from everybody together. */
  throttling: z.strictObject({
    perSecond: z.int().min(1),
    burst: z.int().min(1),
  }),
  /** Whose tokens callers bring: for this audience, of the OpenID provider that is a parameter of the foundation stack. */
  tokens: z.strictObject({
    audience: z.string().min(1),
    /** Of tokens that are good for every member, not only for the one that is their subject. */
    scopes: tokenScopes,
  }),
  cors: z.strictObject({
    /** Web sites whose pages may call the API, such as `https://www.example.com`; none: it is closed to pages. */
    origins: z.array(z.url({ protocol: /^https$/ })),
  }),
  /**
   * Whether who takes messages from a queue checks which function has sent them, by SQS's `SenderId`; false for clouds that
   * report something else there.
   */
  verifySenders: z.boolean(),
  /**
   * Whether all that is kept and sent is encrypted with a key of the stage's own, at $1 a month and its requests.
   * `retiring`: nothing new is, and the key is still there, for what is older. Between true and false, one deployment has
   * it: other stacks import the key, and CloudFormation takes no export away that is in use.
   */
  customerManagedKey: z.union([z.boolean(), z.literal('retiring')]),
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
    .nullable(),
  /**
   * How what it offers gets into AWS Cloud Map: by its `templates`; or they only put out what is to be entered, for a cloud
   * whose CloudFormation knows no Cloud Map (`outputs`), and whoever deploys enters it.
   */
  directory: z.enum(['templates', 'outputs']),
  /** Where the API is not at the root of its address: the path before its own paths, in which `{api}` is its id. */
  basePath: z.string().startsWith('/').nullable(),
  /** Whether alarms watch it, and a dashboard shows it. */
  monitoring: z.boolean(),
  /** What the API must keep to, over all routes, or an alarm is raised. */
  apiAlarms: z.strictObject({
    /** Answers with 5xx, in per cent of all. */
    errorPercent: z.number().positive().max(100),
    /** What one request in a hundred may exceed. */
    p99Ms: z.int().positive(),
  }),
  /** Whether alarms are mailed, to the address that is a parameter of the operations stack. */
  alarmByEmail: z.boolean(),
});

export type StageSettings = z.output<typeof stageSettings>;

/** A stage of an app. */
export interface Stage extends StageSettings {
  /** Of its application, as in the sources of its messages: `/APPLICATION/SERVICE`. */
  app: string;
  name: string;
  /** The stage's own key, once it is there. */
  keyArn?: string;
}

/** What the names of everything in a stage begin with. */
export const prefixOf = ({ app, name }: Pick<Stage, 'app' | 'name'>): string => `${app}-${name}-`;

/**
 * A stage whose settings are checked.
 * @param schema of the app's settings, which extends `stageSettings`
 * @throws {Error} if there is no such stage, or its settings are wrong
 */
export function stageOf<Settings extends StageSettings>(
  schema: z.ZodType<Settings>,
  app: string,
  stages: Readonly<Record<string, unknown>>,
  name: string,
): Settings & Pick<Stage, 'app' | 'name'> {
  const found = stages[name];
  if (!found)
    throw new Error(`There is no stage "${name}" in infra/stages.ts; there are: ${Object.keys(stages).join(', ')}.`);
  const result = schema.safeParse(found);
  // Roles, and who may use what, go by what names begin with: no stage's may begin another's.
  if (!/^[a-z][a-z0-9]*$/.test(name))
    throw new Error(`infra/stages.ts: "${name}" must have lower-case letters and digits only.`);
  if (result.success) return { app, name, ...result.data };
  throw new Error(`infra/stages.ts: stage "${name}" is wrong:\n${z.prettifyError(result.error)}`);
}
