import { type ServiceProps, ServiceSecret } from '@rollcall/cdk';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** What a service is made with that has to do with phones. */
export interface PhoneServiceProps extends ServiceProps<Stage> {
  pseudonyms: Pseudonyms;
}

/** The key of phones' pseudonyms, of all services of a stage. */
export class Pseudonyms extends ServiceSecret {
  /** Where it is, for functions that are told of more than they may use. */
  readonly environment: Record<'PSEUDONYMS_SECRET', string>;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id, {
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
      notRotated: 'What makes pseudonyms must not change at all.',
    });
    this.environment = { PSEUDONYMS_SECRET: this.secretArn };
  }

  /** Lets a function make pseudonyms of phones, and know them again. */
  allow(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.secretArn] }),
    );
  }
}
