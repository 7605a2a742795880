import { outboxesIn } from 'rollcall/internal/stage/outboxes';
import type { Resource } from 'rollcall/internal/stage/resources';
import { combineReports } from 'rollcall/internal/stage/sweeps';
import { describe, expect, it } from 'vitest';

const PREFIX = 'shop-dev-';
const resource = (id: string, type: string, properties: object = {}): Resource => ({
  ...{ id, type, stack: `${PREFIX}orders`, properties: { ...properties } },
  name: id.split(':')[1] ?? '',
});

/** A table with a stream to a relay, and a function that scans the table every minute. */
function outbox(name: string): Resource[] {
  const [table, relay, sweep, role] = [
    `table:${PREFIX}${name}`,
    `function:${PREFIX}${name}-relay`,
    `function:${PREFIX}${name}-sweep`,
    `role:${PREFIX}${name}-sweep`,
  ];
  const Statement = [{ Effect: 'Allow', Action: 'dynamodb:Scan', Resource: table }];
  return [
    resource(table, 'AWS::DynamoDB::GlobalTable'),
    resource(relay, 'AWS::Lambda::Function'),
    resource(sweep, 'AWS::Lambda::Function', { Role: role }),
    resource(role, 'AWS::IAM::Role', { Policies: [{ PolicyDocument: { Statement } }] }),
    resource(`other:${name}-stream`, 'AWS::Lambda::EventSourceMapping', { EventSourceArn: table, FunctionName: relay }),
    resource(`other:${name}-rule`, 'AWS::Events::Rule', {
      Targets: [{ Arn: sweep }],
      ScheduleExpression: 'rate(1 minute)',
    }),
  ];
}

describe('the outboxes of a stage', () => {
  it('are all tables with a stream and a sweep, each with its own sweep', () => {
    expect(outboxesIn([...outbox('orders-outbox'), ...outbox('stock-outbox')], PREFIX)).toEqual([
      { name: 'orders-outbox', sweep: 'orders-outbox-sweep' },
      { name: 'stock-outbox', sweep: 'stock-outbox-sweep' },
    ]);
    const withoutStream = outbox('orders').filter(({ type }) => type !== 'AWS::Lambda::EventSourceMapping');
    expect(outboxesIn(withoutStream, PREFIX)).toEqual([]);
  });

  it('have the name of their table of scheduled messages', () => {
    const [first, ...others] = outbox('orders-outbox');
    const sweep = others.find(({ name }) => name.endsWith('-sweep')) as Resource;
    sweep.properties.Environment = { Variables: { LATER_TABLE: `table:${PREFIX}orders-later` } };
    expect(outboxesIn([first as Resource, ...others], PREFIX)).toEqual([
      { name: 'orders-outbox', sweep: 'orders-outbox-sweep', later: 'orders-later' },
    ]);
  });

  it('are published together, and the combined report has the failures of each', () => {
    const failed = [{ aggregateId: 'o1', error: 'too large' }];
    const reports = [
      { published: 2, failedAggregates: 0, failed: [], finished: true },
      { published: 1, failedAggregates: 1, failed, finished: false },
    ];
    expect(combineReports(reports)).toEqual({ published: 3, failedAggregates: 1, failed, finished: false });
  });
});
