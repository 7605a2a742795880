import { AttributeType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { ServiceTable } from './service-table.ts';

/** What the functions of a stage share to cope with trouble: switches, circuits, and who is there to be called. */
export class Governance extends Construct {
  readonly instances: TableV2;
  readonly #switches: TableV2;
  readonly #circuits: TableV2;
  /** Where everything is, for functions that are told of more than they may use. */
  readonly environment: Record<'SWITCHES_TABLE' | 'CIRCUITS_TABLE' | 'INSTANCES_TABLE', string>;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    const table = (name: string, sorted: boolean, expires: boolean) =>
      new ServiceTable(this, name, {
        stage,
        tableName: `rollcall-${stage.name}-${name}`,
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        ...(sorted && { sortKey: { name: 'sk', type: AttributeType.STRING } }),
        ...(expires && { timeToLiveAttribute: 'expiresAt' }),
      });
    this.#switches = table('switches', true, false);
    this.#circuits = table('circuits', false, false);
    this.instances = table('instances', true, true);
    this.environment = {
      SWITCHES_TABLE: this.#switches.tableName,
      CIRCUITS_TABLE: this.#circuits.tableName,
      INSTANCES_TABLE: this.instances.tableName,
    };
  }

  allowReadingSwitches(fn: LambdaFunction): void {
    fn.addEnvironment('SWITCHES_TABLE', this.#switches.tableName);
    this.#switches.grant(fn, 'dynamodb:Query');
  }

  /** Also to switch, as when a circuit opens. */
  allowSwitching(fn: LambdaFunction): void {
    this.#switches.grant(fn, 'dynamodb:PutItem');
  }

  allowBreaking(fn: LambdaFunction): void {
    this.#circuits.grant(fn, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
  }

  allowDiscovering(fn: LambdaFunction): void {
    this.instances.grant(fn, 'dynamodb:Query');
  }
}
