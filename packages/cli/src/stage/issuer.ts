import { embeddedCloudOf } from './embedded-cloud.ts';
import type { Stage } from './stage.ts';
import { describeStacks } from './templates.ts';

/** The OpenID provider of a stage, as the tokens name it. */
export async function issuerOf(stage: Stage): Promise<string | undefined> {
  if (await embeddedCloudOf(stage)) return `${stage.endpoint}/issuer`;
  const foundation = (await describeStacks(stage)).find(({ StackName }) => StackName === stage.table('foundation'));
  return foundation?.Parameters?.find(({ ParameterKey }) => ParameterKey === 'TokenIssuer')?.ParameterValue;
}

/** Where `ops issuer` listens, if nobody says otherwise. */
export const ISSUER_PORT = 4030;
/** As at the endpoint of an embedded cloud. */
export const ISSUER_PATH = '/issuer';

/** As this machine calls itself: a container's name for it need not resolve here. */
export const fromHere = (url: string): string =>
  url.replace(/^(https?:\/\/)host\.docker\.internal(?=[:/]|$)/, '$1127.0.0.1');

/** Where this machine reaches it. */
export const addressOf = (issuer: string): string => fromHere(issuer).replace(/\/$/, '');

export const isOnThisMachine = (address: string): boolean =>
  /^http:\/\/(127\.0\.0\.1|localhost)(?=[:/]|$)/.test(address);
