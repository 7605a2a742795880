import { randomUUID } from 'node:crypto';
import { CloudError } from '../errors/cloud-error.ts';
import { createFilter } from '../event-sources/filter.ts';
import { createSchedule } from '../event-sources/schedule.ts';
import { parseSchedule } from '../event-sources/schedule-expression.ts';
import { type BusEvent, DEFAULT_BUS } from '../services/event-buses.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { type RuleTarget, targetOfRule } from './rule-targets.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface RuleProperties {
  Name?: string;
  EventBusName?: string;
  EventPattern?: Record<string, unknown>;
  ScheduleExpression?: string;
  State?: string;
  Targets?: RuleTarget[];
}

/** AWS::Events::EventBus. */
export const eventBuses =
  ({ buses, region, accountId }: Runtime): ResourceProvider =>
  async ({ properties }) => {
    const name = String(properties.Name);
    buses.add(name);
    return { ref: name, attributes: { Name: name, Arn: `arn:aws:events:${region}:${accountId}:event-bus/${name}` } };
  };

/** AWS::Events::Rule with a schedule, a pattern or both. */
export const rules =
  (runtime: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { region, accountId } = runtime;
    const rule = properties as RuleProperties;
    const { EventPattern, ScheduleExpression, State = 'ENABLED', Targets = [] } = rule;
    const name = physicalName(rule.Name, stack, logicalId);
    const bus = (rule.EventBusName ?? DEFAULT_BUS).split('/').at(-1) ?? '';
    const path = bus === DEFAULT_BUS ? name : `${bus}/${name}`;
    const Arn = `arn:aws:events:${region}:${accountId}:rule/${path}`;
    const deployed = { ref: path.replace('/', '|'), attributes: { Arn } };
    const due = ScheduleExpression === undefined ? undefined : parseSchedule(ScheduleExpression);
    if (State === 'DISABLED') return deployed;
    const errorPrefix = `rule ${logicalId}`;
    const targets = Targets.map((target) => targetOfRule(runtime, target, { arn: Arn, name, errorPrefix }));
    const deliver = async (event: BusEvent) => void (await Promise.all(targets.map((deliverTo) => deliverTo(event))));
    if (due) {
      const run = (at: Date) =>
        deliver(scheduledEvent(Arn, at, runtime)).catch((error: Error) => console.error(`${Arn}: ${error.message}`));
      runtime.mappings.push(createSchedule(due, run));
    }
    if (EventPattern) {
      runtime.buses.addRule(bus, { matches: createFilter([JSON.stringify(EventPattern)]), deliver });
      runtime.checks.push(() => {
        runtime.buses.require(bus, errorPrefix);
        checkSources(EventPattern, runtime.bucketNotifications.useEventBridge, errorPrefix);
      });
    }
    return deployed;
  };

/**
 * @throws {CloudError} for a pattern that lists only AWS services as sources, unless one of them is S3 and a bucket
 * notifies EventBridge. In the embedded cloud, no other AWS service sends events
 */
function checkSources({ source }: Record<string, unknown>, s3SendsEvents: boolean, errorPrefix: string): void {
  if (!Array.isArray(source) || !source.every(isOfAws) || (s3SendsEvents && source.includes('aws.s3'))) return;
  throw new CloudError(
    `${errorPrefix}: no event in the embedded cloud matches the source ${JSON.stringify(source)}. Of the AWS services, only S3 sends events, for buckets with notifications to EventBridge.`,
  );
}

function isOfAws(source: unknown): boolean {
  const { prefix, wildcard } = (typeof source === 'object' ? (source ?? {}) : { prefix: source }) as Record<
    string,
    unknown
  >;
  return String(prefix ?? wildcard).startsWith('aws.');
}

/** The event of a schedule: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
const scheduledEvent = (ruleArn: string, at: Date, { region, accountId }: Runtime): BusEvent => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: accountId,
  time: at.toISOString().replace(/\.\d+Z$/, 'Z'),
  region,
  resources: [ruleArn],
  detail: {},
});
