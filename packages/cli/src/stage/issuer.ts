import { embeddedCloudOf } from './embedded-cloud.ts';
import type { StageClient } from './stage.ts';
import { describeStacks } from './templates.ts';

/**
 * URL of a stage's OpenID provider, as in the tokens' `iss`; undefined if the stage has no foundation stack with the
 * parameter TokenIssuer.
 */
export async function issuerOf(stage: StageClient): Promise<string | undefined> {
  if (await embeddedCloudOf(stage)) return `${stage.endpoint}/issuer`;
  const foundation = (await describeStacks(stage)).find(({ StackName }) => StackName === stage.table('foundation'));
  return foundation?.Parameters?.find(({ ParameterKey }) => ParameterKey === 'TokenIssuer')?.ParameterValue;
}

/** Default port of `ops issuer`. */
export const ISSUER_PORT = 4030;
/** Path of the issuer, at `ops issuer` and at the endpoint of an embedded cloud. */
export const ISSUER_PATH = '/issuer';

/**
 * Replaces `host.docker.internal` with 127.0.0.1. Containers reach this machine by that name, but this machine may not
 * resolve it.
 */
export const resolvableHere = (url: string): string =>
  url.replace(/^(https?:\/\/)host\.docker\.internal(?=[:/]|$)/, '$1127.0.0.1');

/** The address at which this machine reaches an issuer. */
export const addressOf = (issuer: string): string => resolvableHere(issuer).replace(/\/$/, '');

export const isOnThisMachine = (address: string): boolean =>
  /^http:\/\/(127\.0\.0\.1|localhost)(?=[:/]|$)/.test(address);
