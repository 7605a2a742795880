import { Validations } from 'aws-cdk-lib';
import { Secret, type SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { keyFor } from './encryption.ts';
import { removalPolicyOf } from './removal.ts';
import { prefixOf, type Stage } from './stage.ts';

export interface ServiceSecretProps {
  stage: Stage;
  /** Unique in the stage. */
  name: string;
  description: string;
  generate: SecretStringGenerator;
}

/** A secret with the stage's removal policy and key. */
export class ServiceSecret extends Secret {
  constructor(scope: Construct, id: string, { stage, name, description, generate }: ServiceSecretProps) {
    const encryptionKey = keyFor(scope, id, stage);
    super(scope, id, {
      secretName: `${prefixOf(stage)}${name}`,
      description,
      generateSecretString: generate,
      removalPolicy: removalPolicyOf(stage),
      ...(encryptionKey && { encryptionKey }),
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Credentials of a provider are changed at the provider first, by a person who then fills in the secret: functions read it again within five minutes. What makes pseudonyms must not change at all.',
    });
  }
}
