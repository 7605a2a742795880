import { randomUUID } from 'node:crypto';
import type { ResourceProvider } from '../template/resource.ts';
import { functionOf } from './functions.ts';
import type { Runtime } from './runtime.ts';

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** AWS::Events::Rule with a rate. */
export const schedules =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const {
      ScheduleExpression = '',
      State = 'ENABLED',
      Targets = [],
    } = properties as {
      ScheduleExpression?: string;
      State?: string;
      Targets?: Array<{ Arn: string; Input?: string }>;
    };
    const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(ScheduleExpression) ?? [];
    if (!value || !unit)
      throw new Error(
        `the embedded cloud knows rules with a rate() only, not ${ScheduleExpression || 'event patterns'}`,
      );
    const arn = `arn:aws:events:${runtime.region}:${runtime.accountId}:rule/${logicalId}`;
    if (State !== 'ENABLED') return { ref: logicalId, attributes: { Arn: arn } };
    runtime.checks.push(() => {
      for (const target of Targets) {
        runtime.access.require(
          {
            principal: { service: 'events.amazonaws.com', source: arn },
            action: 'lambda:InvokeFunction',
            resource: target.Arn,
          },
          `rule ${logicalId}`,
        );
      }
    });
    const targets = Targets.map(({ Arn, Input }) => ({ target: functionOf(runtime, Arn), input: Input }));
    const run = async () => {
      await Promise.all(targets.map(({ target, input }) => target.invoke(input ?? scheduledEvent(arn, runtime))));
    };
    let timer: NodeJS.Timeout | undefined;
    runtime.mappings.push({
      start() {
        timer = setInterval(() => void run(), Number(value) * UNIT_MS[unit as keyof typeof UNIT_MS]);
      },
      tick: run,
      async stop() {
        clearInterval(timer);
      },
    });
    return { ref: logicalId, attributes: { Arn: arn } };
  };

const scheduledEvent = (ruleArn: string, { region, accountId }: Runtime) =>
  JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: accountId,
    time: new Date().toISOString(),
    region,
    resources: [ruleArn],
    detail: {},
  });
