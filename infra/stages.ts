import * as z from 'zod';

const settings = z.strictObject({
  /** Whether tables outlive their stack. */
  keepData: z.boolean(),
  pointInTimeRecovery: z.boolean(),
  logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]),
  /** Lambda's maximum concurrency of each subscriber's queue: 2 to 1,000. */
  subscriberConcurrency: z.int().min(2).max(1000),
  /** Points for registering, where no rule says otherwise. */
  defaultBonus: z.int().nonnegative(),
  /** Who delivers texts: a generic HTTP gateway, or AWS End User Messaging. Its address is a parameter of the stack. */
  smsProvider: z.enum(['http', 'aws']),
  /** Whether alarms are mailed, to the address that is a parameter of the operations stack. */
  alarmByEmail: z.boolean(),
});

type Settings = z.output<typeof settings>;

export interface Stage extends Settings {
  name: string;
}

const stages: Record<string, z.input<typeof settings>> = {
  dev: {
    keepData: false,
    pointInTimeRecovery: false,
    logRetentionDays: 7,
    subscriberConcurrency: 5,
    defaultBonus: 100,
    smsProvider: 'http',
    alarmByEmail: false,
  },
  prod: {
    keepData: true,
    pointInTimeRecovery: true,
    logRetentionDays: 90,
    subscriberConcurrency: 50,
    defaultBonus: 100,
    smsProvider: 'aws',
    alarmByEmail: true,
  },
};

/** @throws {Error} if there is no such stage, or its settings are wrong */
export function stageNamed(name: string): Stage {
  const found = stages[name];
  if (!found)
    throw new Error(`There is no stage "${name}" in infra/stages.ts; there are: ${Object.keys(stages).join(', ')}.`);
  const result = settings.safeParse(found);
  if (result.success) return { name, ...result.data };
  throw new Error(`infra/stages.ts: stage "${name}" is wrong:\n${z.prettifyError(result.error)}`);
}
