import { createSchedule } from '@rollcall/local/internal/event-sources/schedule';
import { parseSchedule } from '@rollcall/local/internal/event-sources/schedule-expression';
import type { Runtime } from '@rollcall/local/internal/resources/runtime';
import { schedules } from '@rollcall/local/internal/resources/schedules';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { functionArn, listener } from '../support/listening.ts';
import { startSmallCloud } from '../support/small-cloud.ts';

/** The next times at which the schedule is due, at most three, by default from a Monday morning on. */
function timesOf(expression: string, timezone?: string, from = '2026-11-30T08:07:30Z'): string[] {
  const due = parseSchedule(expression, timezone);
  const times: string[] = [];
  let at: Date | undefined = new Date(from);
  while (times.length < 3) {
    at = due(at);
    if (!at) break;
    times.push(at.toISOString().replace(':00.000Z', ''));
  }
  return times;
}

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
describe('a schedule', () => {
  it.each([
    ['rate(5 minutes)', ['2026-11-30T08:12:30.000Z', '2026-11-30T08:17:30.000Z', '2026-11-30T08:22:30.000Z']],
    ['cron(0/15 * * * ? *)', ['2026-11-30T08:15', '2026-11-30T08:30', '2026-11-30T08:45']],
    ['cron(5/20 8-17/9 ? * MON-FRI *)', ['2026-11-30T08:25', '2026-11-30T08:45', '2026-11-30T17:05']],
    ['cron(0 18 ? * 2-6 *)', ['2026-11-30T18:00', '2026-12-01T18:00', '2026-12-02T18:00']],
    ['cron(0 9 ? * 1,7 *)', ['2026-12-05T09:00', '2026-12-06T09:00', '2026-12-12T09:00']],
    ['cron(0 10 ? * 6L 2022-2030)', ['2026-12-25T10:00', '2027-01-29T10:00', '2027-02-26T10:00']],
    ['cron(0 10 ? * FRIL *)', ['2026-12-25T10:00', '2027-01-29T10:00', '2027-02-26T10:00']],
    ['cron(0 9 ? * 3#2 *)', ['2026-12-08T09:00', '2027-01-12T09:00', '2027-02-09T09:00']],
    ['cron(0 9 ? * L *)', ['2026-12-05T09:00', '2026-12-12T09:00', '2026-12-19T09:00']],
    ['cron(0 9 L * ? *)', ['2026-11-30T09:00', '2026-12-31T09:00', '2027-01-31T09:00']],
    ['cron(0 9 3W * ? *)', ['2026-12-03T09:00', '2027-01-04T09:00', '2027-02-03T09:00']],
    ['cron(0 9 1 JAN,MAR ? *)', ['2027-01-01T09:00', '2027-03-01T09:00', '2028-01-01T09:00']],
    ['at(2026-12-01T10:00:00)', ['2026-12-01T10:00']],
  ])('%s is due at these times', (expression, times) => {
    expect(timesOf(expression)).toEqual(times);
  });

  it.each([
    [
      'in its time zone',
      'cron(0 9 * * ? *)',
      '2026-11-30T08:07:30Z',
      ['2026-12-01T08:00', '2026-12-02T08:00', '2026-12-03T08:00'],
    ],
    [
      'never at a time that daylight saving time skips',
      'cron(30 2 * * ? *)',
      '2027-03-27T00:00:00Z',
      ['2027-03-27T01:30', '2027-03-29T00:30', '2027-03-30T00:30'],
    ],
    [
      'once at a time that occurs twice',
      'cron(30 2 * * ? *)',
      '2026-10-24T00:00:00Z',
      ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
    ],
  ])('is due %s', (_, expression, from, times) => {
    expect(timesOf(expression, 'Europe/Madrid', from)).toEqual(times);
  });

  it.each([
    ['every day', 'is not a rate(), cron() or at()'],
    ['cron(0 9 * *)', 'must have six fields'],
    ['cron(0 9 * * * *)', 'must have ? either'],
    ['cron(0 9 1 1 ? 2020)', 'is never due'],
    ['cron(99 9 * * ? *)', 'minute'],
  ])('is refused: %s', (expression, complaint) => {
    expect(() => parseSchedule(expression)).toThrow(complaint);
  });

  it('is refused with an unknown time zone', () => {
    expect(() => parseSchedule('cron(0 9 * * ? *)', 'Mars/Olympus')).toThrow('Mars/Olympus');
  });
});

afterEach(() => void vi.useRealTimers());

describe('the action of a schedule', () => {
  it('runs whenever the schedule is due, even after months, until the schedule is stopped', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-30T08:07:30Z') });
    const done: string[] = [];
    const schedule = createSchedule(
      parseSchedule('cron(0 0 1 JAN,MAR ? *)'),
      async (at) => void done.push(at.toISOString()),
    );
    await schedule.start();
    await vi.advanceTimersByTimeAsync(100 * 86_400_000);
    expect(done).toEqual(['2027-01-01T00:00:00.000Z', '2027-03-01T00:00:00.000Z']);
    await schedule.stop();
    await vi.advanceTimersByTimeAsync(365 * 86_400_000);
    expect(done).toHaveLength(2);
  });
});

const role = (Service: string, Action: string) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: { Statement: { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' } },
    Policies: [{ PolicyDocument: { Statement: { Effect: 'Allow', Action, Resource: '*' } } }],
  },
});

const schedule = (Target: object, more: object = {}) => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    ...{ Name: 'nightly', ScheduleExpression: 'cron(0 3 * * ? *)', FlexibleTimeWindow: { Mode: 'OFF' } },
    Target: { Arn: functionArn, RoleArn: { 'Fn::GetAtt': ['SchedulerRole', 'Arn'] }, ...Target },
    ...more,
  },
});

/** A runtime whose function only receives its input. */
const fakeRuntime = (run: (body: string) => void) => {
  const qualifiers = new Map([['$LATEST', '$LATEST']]);
  const fn = { settings: { name: 'listener' }, qualifiers, asynchronous: { run } };
  const place = { region: 'us-east-1', accountId: '000000000000' };
  return { ...place, functions: new Map([['listener', fn]]), checks: [], mappings: [] } as unknown as Runtime;
};

describe('EventBridge Scheduler', () => {
  const app = (resource: object, SchedulerRole = role('scheduler.amazonaws.com', 'lambda:InvokeFunction')) => ({
    code: listener.code,
    resources: { ...listener.resources, SchedulerRole, Schedule: resource as { Type: string } },
  });

  it('invokes a function with the configured input, or with a default event', async () => {
    const received: unknown[] = [];
    const runtime = fakeRuntime((body) => received.push(JSON.parse(body)));
    const Target = { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:listener', RoleArn: 'role' };
    const Input =
      '{"of":"<aws.scheduler.schedule-arn>","at":"<aws.scheduler.scheduled-time>","try":"<aws.scheduler.attempt-number>"}';
    for (const more of [
      { Name: 'nightly', Target: { ...Target, Input } },
      { Name: 'own', GroupName: 'mine', Target },
    ]) {
      const properties = { ScheduleExpression: 'rate(1 hour)', ...more };
      await schedules(runtime)({ stack: 's', logicalId: 'S', type: '', properties });
    }
    for (const mapping of runtime.mappings) await mapping.tick?.();
    const second = expect.stringMatching(/:\d\dZ$/);
    expect(received).toEqual([
      { of: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/nightly', at: second, try: '1' },
      {
        ...{ version: '0', id: expect.any(String), 'detail-type': 'Scheduled Event', source: 'aws.scheduler' },
        ...{ account: '000000000000', region: 'us-east-1', time: second, detail: '{}' },
        resources: ['arn:aws:scheduler:us-east-1:000000000000:schedule/mine/own'],
      },
    ]);
  });

  it('runs a schedule between its start date and its end date, and ignores a disabled schedule', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-30T08:07:30Z') });
    const received: string[] = [];
    const runtime = fakeRuntime((body) => received.push(body));
    const Target = { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:listener', RoleArn: 'role', Input: '1' };
    const make = (more: object) =>
      schedules(runtime)({
        stack: 's',
        logicalId: 'S',
        type: '',
        properties: { ScheduleExpression: 'cron(0 3 * * ? *)', Target, ...more },
      });
    await make({ State: 'DISABLED' });
    expect(runtime.mappings).toEqual([]);
    await make({ StartDate: '2026-12-02T00:00:00Z', EndDate: '2026-12-04T00:00:00Z' });
    for (const mapping of runtime.mappings) await mapping.start();
    await vi.advanceTimersByTimeAsync(10 * 86_400_000);
    expect(received).toHaveLength(2);
  });

  it.each([
    [
      'whose role does not trust it',
      app(schedule({}), role('lambda.amazonaws.com', 'lambda:InvokeFunction')),
      'does not trust scheduler.amazonaws.com',
    ],
    [
      'whose role may not invoke',
      app(schedule({}), role('scheduler.amazonaws.com', 'sqs:SendMessage')),
      'is not allowed to do lambda:InvokeFunction',
    ],
    [
      'for an unsupported target',
      app(schedule({ Arn: 'arn:aws:scheduler:::aws-sdk:ec2:stopInstances' })),
      'only to functions, queues and topics, not to arn:aws:scheduler:::aws-sdk:ec2:stopInstances',
    ],
  ])('refuses a schedule %s', async (_, refused, complaint) => {
    await expect(startSmallCloud(refused)).rejects.toThrow(complaint);
  });
});
