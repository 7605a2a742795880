import { DUE_INDEX, DUE_KEYS, LATER_KEYS } from '@rollcall/kit/internal/contracts/later-table';
import { Duration } from 'aws-cdk-lib';
import { AttributeType, ProjectionType } from 'aws-cdk-lib/aws-dynamodb';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { raiseAlarm } from './alarms.ts';
import type { ServiceFunction } from './service-function.ts';
import { serviceMetric } from './service-metric.ts';
import { ServiceTable } from './service-table.ts';
import type { Stage } from './stage.ts';

export interface LaterTableProps {
  stage: Stage;
  /** Name of the outbox that the table belongs to; undefined for the stage's `unnamed` outbox. */
  of?: string;
  /** Service name in the metrics of the outbox's sweep. */
  metrics: string;
  alarms: ITopic;
  /**
   * Tables of aggregates and counters. The sweep gives each due message the next version of its aggregate, or the next
   * number of its counter.
   */
  places: readonly ServiceTable[];
  outbox: ServiceTable;
  sweep: ServiceFunction;
}

/** The table of an outbox's scheduled messages, and the permissions that the sweep needs to send these messages. */
export class LaterTable extends Construct {
  readonly table: ServiceTable;

  constructor(scope: Construct, id: string, { stage, of, metrics, alarms, places, outbox, sweep }: LaterTableProps) {
    super(scope, id);
    const stringKey = (key: string) => ({ name: key, type: AttributeType.STRING });
    const [subject, name] = LATER_KEYS;
    const [shard, due] = DUE_KEYS;
    this.table = new ServiceTable(this, 'Table', {
      stage,
      name: of === undefined ? 'later' : `${of}-later`,
      partitionKey: stringKey(subject),
      sortKey: stringKey(name),
      globalSecondaryIndexes: [
        {
          indexName: DUE_INDEX,
          partitionKey: stringKey(shard),
          sortKey: stringKey(due),
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
    sweep.addEnvironment('LATER_TABLE', this.table.tableName);
    this.table.allowOnIndex(sweep, DUE_INDEX, 'Query');
    this.table.allow(sweep, 'GetItem', 'DeleteItem');
    outbox.allow(sweep, 'PutItem');
    for (const one of places) one.allow(sweep, 'GetItem', 'UpdateItem');
    raiseAlarm(this, {
      ...{ stage, topic: alarms, chapter: 'oldest-due' },
      ...(of !== undefined && { of }),
      metric: serviceMetric(stage, metrics, 'OldestDue', 'Maximum'),
      // The sweep runs every minute, so it should have sent the message within two minutes.
      above: Duration.minutes(2).toSeconds(),
      meaning: 'A scheduled message was due more than two minutes ago and is not sent.',
    });
  }
}
