import { CAPABILITY_METADATA, type CapabilityMetadata } from '@rollcall/kit/internal/contracts/capability';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ServiceTable } from './service-table.ts';
import type { Stage } from './stage.ts';

/** What the functions of a stage share to cope with trouble: switches, circuits, and who is there to be called. */
export class Governance extends Construct {
  readonly instances: ServiceTable;
  readonly #switches: ServiceTable;
  readonly #circuits: ServiceTable;
  /** Where everything is, for functions that are told of more than they may use. */
  readonly environment: Record<'SWITCHES_TABLE' | 'CIRCUITS_TABLE' | 'INSTANCES_TABLE', string>;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    const table = (name: string, sorted: boolean, expires: boolean) =>
      new ServiceTable(this, name, {
        stage,
        name,
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

  /** @param capability that the function looks at: its template says so, for operators' tools */
  allowReadingSwitches(fn: LambdaFunction, capability: CapabilityMetadata): void {
    (fn.node.defaultChild as CfnFunction).addMetadata(CAPABILITY_METADATA, capability);
    fn.addEnvironment('SWITCHES_TABLE', this.#switches.tableName);
    this.#switches.allow(fn, 'Query');
  }

  /** Also to switch, as when a circuit opens. */
  allowSwitching(fn: LambdaFunction): void {
    this.#switches.allow(fn, 'PutItem');
  }

  /** Lets it keep circuits of what it calls, and tells it where (`createStageBreaker` of the kit). */
  allowBreaking(fn: LambdaFunction): void {
    fn.addEnvironment('CIRCUITS_TABLE', this.#circuits.tableName);
    this.#circuits.allow(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
  }

  allowDiscovering(fn: LambdaFunction): void {
    this.instances.allow(fn, 'Query');
  }
}
