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
  /** Why AWS does not rotate the secret: the justification for suppressing the rule AwsSolutions-SMG4. */
  notRotated: string;
}

/**
 * A secret with the stage's removal policy and key.
 * @beta
 */
export class ServiceSecret extends Secret {
  constructor(scope: Construct, id: string, props: ServiceSecretProps) {
    const { stage, name, description, generate, notRotated: reason } = props;
    const encryptionKey = keyFor(scope, id, stage);
    super(scope, id, {
      secretName: `${prefixOf(stage)}${name}`,
      description,
      generateSecretString: generate,
      removalPolicy: removalPolicyOf(stage),
      ...(encryptionKey && { encryptionKey }),
    });
    Validations.of(this).acknowledge({ id: 'AwsSolutions-SMG4', reason });
  }
}
