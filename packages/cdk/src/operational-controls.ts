import { CAPABILITY_METADATA, type CapabilityMetadata } from '@rollcall/kit/internal/contracts/capability';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ServiceTable } from './service-table.ts';
import type { Stage } from './stage.ts';

/**
 * Operational controls that the functions of a stage share: the switches of capabilities, the states of circuit
 * breakers, and the registry of service instances.
 */
export class OperationalControls extends Construct {
  readonly instances: ServiceTable;
  readonly #switches: ServiceTable;
  readonly #circuits: ServiceTable;
  /**
   * The names of all three tables, as environment variables. A function may get a name without permission to access the
   * table.
   */
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

  /**
   * Allows a function to read the switches, and sets SWITCHES_TABLE.
   * @param capability the capability that the function checks. The template records the capability for operators' tools
   */
  allowReadingSwitches(fn: LambdaFunction, capability: CapabilityMetadata): void {
    (fn.node.defaultChild as CfnFunction).addMetadata(CAPABILITY_METADATA, capability);
    fn.addEnvironment('SWITCHES_TABLE', this.#switches.tableName);
    this.#switches.allow(fn, 'Query');
  }

  /** Allows a function to set switches, for example when a circuit opens. */
  allowSwitching(fn: LambdaFunction): void {
    this.#switches.allow(fn, 'PutItem');
  }

  /**
   * Allows a function to store the states of the circuit breakers for services that it calls, and sets CIRCUITS_TABLE
   * (see `createStageBreaker` of the kit).
   */
  allowBreaking(fn: LambdaFunction): void {
    fn.addEnvironment('CIRCUITS_TABLE', this.#circuits.tableName);
    this.#circuits.allow(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
  }

  /** Allows a function to look up the registered instances of services. */
  allowDiscovering(fn: LambdaFunction): void {
    this.instances.allow(fn, 'Query');
  }
}
