import type { AssembledStack, TemplateResource } from '@rollcall/local/internal/template/assembly';
import { committedFigures } from '../cost/figures.ts';
import type { Account } from './account.ts';
import { type Deployed, type Finding, good, type Plan } from './finding.ts';

/** How long a request that does not wait for an operation occupies a function instance, with a margin. */
const REQUEST_SECONDS = 0.1;
/** The maximum time for which a request that waits for an operation occupies a function instance. */
const WAIT_SECONDS = 20;
/**
 * Initial limit of a new on-demand table
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html).
 */
const NEW_TABLE_WRITES = 4_000;
const { tables, received, byService } = committedFigures.perRegistration;
/** The write units of one registration in the table that gets the most write units. */
const WRITES_PER_REGISTRATION = Math.max(...Object.values(tables));
/**
 * The messages of one registration in the FIFO queue that gets the most messages. Without batching, each message is one
 * call.
 */
const MESSAGES_PER_FIFO_QUEUE = Math.max(
  ...Object.entries(received).map(([queue, { messages }]) => (queue.endsWith('.fifo') ? messages : 0)),
);
/**
 * The calls per second that SQS allows for each API action of a FIFO queue in high-throughput mode, by region, from
 * FIFO_CALLS_SOURCE. Service Quotas does not list these limits, and no other source confirms the numbers.
 */
const FIFO_CALLS: Readonly<Record<string, number>> = {
  'us-east-1': 70_000,
  'us-west-2': 70_000,
  'eu-west-1': 70_000,
  'us-east-2': 19_000,
  'eu-central-1': 19_000,
  'ap-south-1': 9_000,
  'ap-southeast-1': 9_000,
  'ap-southeast-2': 9_000,
  'ap-northeast-1': 9_000,
  'eu-west-2': 4_500,
  'sa-east-1': 4_500,
};
const FIFO_CALLS_ELSEWHERE = 2_400;
const FIFO_CALLS_SOURCE =
  'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html';
const INCREASE = 'aws service-quotas request-service-quota-increase';
const LAMBDA_QUOTA = `${INCREASE} --service-code lambda --quota-code L-B99A9384 --desired-value`;
const SNS_QUOTA = `${INCREASE} --service-code sns --quota-code L-F8E2BA85 --desired-value`;

const propertiesOf = (planned: readonly AssembledStack[], type: string) =>
  planned.flatMap(({ template }) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties = {} }: TemplateResource) => Properties),
  );

/** Checks whether the account allows the concurrent functions that the settings of the stage need. */
export async function concurrency({ stage, planned }: Plan, account: Account): Promise<Finding[]> {
  const check = 'concurrent functions';
  const { perSecond, waitsPerSecond } = stage.throttling;
  const batches = propertiesOf(planned, 'AWS::Lambda::EventSourceMapping').reduce(
    (sum, { ScalingConfig }) =>
      sum + Number((ScalingConfig as { MaximumConcurrency?: number })?.MaximumConcurrency ?? 0),
    0,
  );
  const needed = Math.ceil(batches + waitsPerSecond * WAIT_SECONDS + perSecond * REQUEST_SECONDS);
  const allowed = await account.concurrentExecutions();
  const parts = `batches ${batches}, waiting requests ${waitsPerSecond * WAIT_SECONDS}, others ${Math.ceil(perSecond * REQUEST_SECONDS)}`;
  if (needed <= allowed) return [good(check, `the stage needs about ${needed} (${parts}), and ${allowed} are allowed`)];
  return [
    {
      check,
      state: 'beware',
      says: `The settings of ${stage.name} need about ${needed} concurrent functions (${parts}), but the account allows ${allowed}. Request an increase, or lower the rates in the stage's throttling in infra/stages.ts.`,
      mend: `${LAMBDA_QUOTA} ${Math.max(1_000, needed)}`,
    },
  ];
}

/** Checks whether the SNS quota of the region allows the messages of the stage's rate of registrations. */
export async function topicLoad({ stage }: Plan, account: Account): Promise<Finding[]> {
  const check = 'messages a second';
  const { registrationsPerSecond } = stage.throttling;
  const needed = Math.ceil(registrationsPerSecond * byService.sns.published);
  const allowed = await account.messagesPerSecond();
  if (allowed === undefined) {
    const says = `At most ${needed} messages a second are needed. Service Quotas does not list the quota of SNS in this region.`;
    return [{ check, state: 'unknown', says, mend: 'https://docs.aws.amazon.com/general/latest/gr/sns.html' }];
  }
  if (needed <= allowed) return [good(check, `the stage publishes at most ${needed}, and ${allowed} are allowed`)];
  const says = `${registrationsPerSecond} registrations a second lead to ${needed} messages, but SNS allows ${allowed} in this region. Request an increase, or lower registrationsPerSecond in infra/stages.ts.`;
  return [{ check, state: 'beware', says, mend: `${SNS_QUOTA} ${needed}` }];
}

/** Checks whether SQS allows the calls to the stage's busiest FIFO queue. */
export async function queueLoad({ stage }: Plan, account: Account): Promise<Finding[]> {
  const check = 'calls to a queue';
  const { registrationsPerSecond } = stage.throttling;
  const { region } = await account.identity();
  const needed = Math.ceil(registrationsPerSecond * MESSAGES_PER_FIFO_QUEUE);
  const allowed = FIFO_CALLS[region] ?? FIFO_CALLS_ELSEWHERE;
  if (needed <= allowed) return [good(check, `at most ${needed} a second, and ${allowed} are allowed`)];
  const says = `${registrationsPerSecond} registrations a second lead to up to ${needed} messages in one FIFO queue, but SQS allows ${allowed} calls to it in ${region}. Lower registrationsPerSecond in infra/stages.ts.`;
  return [{ check, state: 'beware', says, mend: FIFO_CALLS_SOURCE }];
}

/** Checks whether new tables allow the writes of the stage's rate of registrations. */
export async function newTables({ stage }: Plan, deployed: Deployed): Promise<Finding[]> {
  const check = 'tables';
  const needed = Math.ceil(stage.throttling.registrationsPerSecond * WRITES_PER_REGISTRATION);
  const areNew = [...deployed.values()].every((stack) => stack === undefined);
  if (!areNew || needed <= NEW_TABLE_WRITES) return [good(check, 'the tables allow the writes of the stage')];
  const says = `${stage.throttling.registrationsPerSecond} registrations a second lead to ${needed} writes, but a new table initially allows ${NEW_TABLE_WRITES}.`;
  return [{ check, state: 'beware', says, mend: 'increase the load gradually, over half an hour' }];
}
