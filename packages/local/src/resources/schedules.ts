import { randomUUID } from 'node:crypto';
import { createSchedule } from '../event-sources/schedule.ts';
import { type Due, parseSchedule } from '../event-sources/schedule-expression.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { deliveryTo } from './delivery.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface ScheduleProperties {
  Name?: string;
  GroupName?: string;
  ScheduleExpression: string;
  ScheduleExpressionTimezone?: string;
  StartDate?: string;
  EndDate?: string;
  State?: string;
  Target: { Arn: string; RoleArn: string; Input?: string; SqsParameters?: { MessageGroupId?: string } };
}

const arnOf = ({ region, accountId }: Runtime, what: string) => `arn:aws:scheduler:${region}:${accountId}:${what}`;

/** AWS::Scheduler::ScheduleGroup. */
export const scheduleGroups =
  (runtime: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const name = physicalName(properties.Name, stack, logicalId);
    return { ref: name, attributes: { Arn: arnOf(runtime, `schedule-group/${name}`) } };
  };

/**
 * AWS::Scheduler::Schedule for a function, a queue or a topic, in any time zone. A schedule with a flexible time window
 * runs at the beginning of the window.
 */
export const schedules =
  (runtime: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const schedule = properties as unknown as ScheduleProperties;
    const { Target, State = 'ENABLED', GroupName = 'default', StartDate, EndDate } = schedule;
    const name = physicalName(schedule.Name, stack, logicalId);
    const Arn = arnOf(runtime, `schedule/${GroupName}/${name}`);
    const due = parseSchedule(schedule.ScheduleExpression, schedule.ScheduleExpressionTimezone);
    const principal = { role: Target.RoleArn };
    const deliver = deliveryTo(runtime, Target.Arn, { principal, errorPrefix: `schedule ${logicalId}` });
    runtime.checks.push(() => runtime.access.requireTrust(Target.RoleArn, 'scheduler.amazonaws.com'));
    const run = async (at: Date) => {
      const body = filled(Target.Input, Arn, at) ?? JSON.stringify(eventOf(Arn, at, runtime));
      const groupId = Target.SqsParameters?.MessageGroupId;
      await deliver({ body, groupId }).catch((error: Error) => console.error(`${Arn}: ${error.message}`));
    };
    if (State === 'ENABLED') runtime.mappings.push(createSchedule(between(due, StartDate, EndDate), run));
    return { ref: name, attributes: { Arn } };
  };

/**
 * Limits a schedule to a period.
 * @param from the earliest time; undefined: no limit
 * @param until the latest time; undefined: no limit
 */
function between(due: Due, from: string | undefined, until: string | undefined): Due {
  const [start, end] = [from === undefined ? 0 : Date.parse(from), until === undefined ? Infinity : Date.parse(until)];
  return (after) => {
    const at = due(new Date(Math.max(after.getTime(), start)));
    return at && at.getTime() <= end ? at : undefined;
  };
}

const inSeconds = (at: Date) => at.toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Replaces the placeholders in an input:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
function filled(input: string | undefined, arn: string, at: Date): string | undefined {
  return input
    ?.replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', inSeconds(at))
    .replaceAll('<aws.scheduler.execution-id>', randomUUID())
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}

/** The default input of a target. */
const eventOf = (arn: string, at: Date, { region, accountId }: Runtime) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.scheduler',
  account: accountId,
  time: inSeconds(at),
  region,
  resources: [arn],
  detail: '{}',
});
