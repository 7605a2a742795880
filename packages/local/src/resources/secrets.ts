import { randomBytes } from 'node:crypto';
import type { ResourceProvider } from '../template/resource.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface SecretProperties {
  Name?: string;
  KmsKeyId?: string;
  SecretString?: string;
  GenerateSecretString?: { SecretStringTemplate?: string; GenerateStringKey?: string };
}

/**
 * AWS::SecretsManager::Secret. An existing secret keeps its value. The value of a new secret comes from a stand-in if a
 * stand-in provides the value, otherwise from the template, which contains the value or describes how to generate it.
 */
export const secretsOf =
  ({ secrets, beside, region, accountId, access }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { Name, KmsKeyId, SecretString, GenerateSecretString = {} } = properties as SecretProperties;
    const name = physicalName(Name, stack, logicalId);
    const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}`;
    const provided = beside
      .flatMap(({ secrets: values = {} }) => Object.entries(values))
      .find(([ending]) => name.endsWith(ending))?.[1];
    const { SecretStringTemplate, GenerateStringKey } = GenerateSecretString;
    const password = randomBytes(24).toString('base64url');
    const generated = GenerateStringKey
      ? JSON.stringify({ ...JSON.parse(SecretStringTemplate ?? '{}'), [GenerateStringKey]: password })
      : password;
    if (!secrets.has(arn)) secrets.write(arn, provided ? JSON.stringify(provided) : (SecretString ?? generated));
    if (KmsKeyId) access.recordKey(arn, KmsKeyId);
    return { ref: arn };
  };
