import { type ServiceProps, ServiceSecret } from '@rollcall/cdk';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** Props of a service that processes phone numbers. */
export interface PhoneServiceProps extends ServiceProps<Stage> {
  pseudonyms: Pseudonyms;
}

/**
 * The key for pseudonyms of phone numbers and IP addresses. All services of a stage that compute pseudonyms share it.
 */
export class Pseudonyms extends ServiceSecret {
  /** The environment of a function that computes pseudonyms. Grant the permission with {@link allow}. */
  readonly environment: Record<'PSEUDONYMS_SECRET', string>;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id, {
      stage,
      name: 'pseudonyms',
      description:
        'Key for pseudonyms of phone numbers in table keys. If it changes, every phone can register once more.',
      generate: {
        secretStringTemplate: '{}',
        generateStringKey: 'key',
        passwordLength: 64,
        excludePunctuation: true,
      },
      notRotated: 'The key for pseudonyms must never change.',
    });
    this.environment = { PSEUDONYMS_SECRET: this.secretArn };
  }

  /** Grants a function the permission to read the key. */
  allow(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.secretArn] }),
    );
  }
}
