import { fromHere } from '../../../../ops/localstack/address.ts';
import { embeddedCloudOf } from './embedded-cloud.ts';
import type { Stage } from './stage.ts';
import { describeStacks } from './templates.ts';

/** The OpenID provider of a stage, as the tokens name it. */
export async function issuerOf(stage: Stage): Promise<string | undefined> {
  if (await embeddedCloudOf(stage)) return `${stage.endpoint}/issuer`;
  const foundation = (await describeStacks(stage)).find(({ StackName }) => StackName === stage.table('foundation'));
  return foundation?.Parameters?.find(({ ParameterKey }) => ParameterKey === 'TokenIssuer')?.ParameterValue;
}

/** Where this machine reaches it. */
export const addressOf = (issuer: string): string => fromHere(issuer).replace(/\/$/, '');

export const isOnThisMachine = (address: string): boolean =>
  /^http:\/\/(127\.0\.0\.1|localhost)(?=[:/]|$)/.test(address);
