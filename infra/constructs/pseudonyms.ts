import { type ServiceProps, ServiceSecret } from '@rollcall/cdk';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** Props of a service that processes phones. */
export interface PhoneServiceProps extends ServiceProps<Stage> {
  pseudonyms: Pseudonyms;
}

/** The key for pseudonyms of phones, shared by all services of a stage. */
export class Pseudonyms extends ServiceSecret {
  /** Name of the secret, for functions with varying permissions. */
  readonly environment: Record<'PSEUDONYMS_SECRET', string>;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id, {
      stage,
      name: 'pseudonyms',
      description: 'Key for pseudonyms of phones in keys of tables. If it changes, every phone can register once more.',
      generate: {
        secretStringTemplate: '{}',
        generateStringKey: 'key',
        passwordLength: 64,
        excludePunctuation: true,
      },
      notRotated: 'The key of pseudonyms must never change.',
    });
    this.environment = { PSEUDONYMS_SECRET: this.secretArn };
  }

  /** Grants a function to compute pseudonyms of phones. */
  allow(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.secretArn] }),
    );
  }
}
