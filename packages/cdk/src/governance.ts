import { CAPABILITY_METADATA, type CapabilityMetadata } from '@rollcall/kit/contracts/capability';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ServiceSecret } from './service-secret.ts';
import { ServiceTable } from './service-table.ts';
import type { Stage } from './stage.ts';

/** What the functions of a stage share to cope with trouble: switches, circuits, and who is there to be called. */
export class Governance extends Construct {
  readonly instances: ServiceTable;
  readonly #switches: ServiceTable;
  readonly #circuits: ServiceTable;
  readonly #pseudonyms: Secret;
  /** Where everything is, for functions that are told of more than they may use. */
  readonly environment: Record<'SWITCHES_TABLE' | 'CIRCUITS_TABLE' | 'INSTANCES_TABLE' | 'PSEUDONYMS_SECRET', string>;

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
    this.#pseudonyms = new ServiceSecret(this, 'Pseudonyms', {
      stage,
      name: 'pseudonyms',
      description:
        'What pseudonyms of phones are made with, in keys of tables. Whoever changes it lets every phone register once more.',
      generate: {
        secretStringTemplate: '{}',
        generateStringKey: 'key',
        passwordLength: 64,
        excludePunctuation: true,
      },
    });
    this.environment = {
      SWITCHES_TABLE: this.#switches.tableName,
      CIRCUITS_TABLE: this.#circuits.tableName,
      INSTANCES_TABLE: this.instances.tableName,
      PSEUDONYMS_SECRET: this.#pseudonyms.secretArn,
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

  allowBreaking(fn: LambdaFunction): void {
    this.#circuits.allow(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
  }

  /** To make pseudonyms of phones, and to know them again. */
  allowPseudonyms(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.#pseudonyms.secretArn] }),
    );
  }

  allowDiscovering(fn: LambdaFunction): void {
    this.instances.allow(fn, 'Query');
  }
}
