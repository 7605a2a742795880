import { EVERY_MEMBER, requestToken } from '../token.ts';
import { OperatorError, type Stage } from './stage.ts';

/** Of the embedded cloud's own issuer, or what the operator has. @throws {OperatorError} if there is neither */
export async function operatorToken({ endpoint, name }: Stage): Promise<string> {
  const { API_TOKEN } = process.env;
  if (API_TOKEN) return API_TOKEN;
  if (endpoint) return requestToken(endpoint, EVERY_MEMBER);
  throw new OperatorError(
    `Set API_TOKEN to a token of the OpenID provider of stage ${name}, with the scopes ${EVERY_MEMBER.scope}.`,
  );
}
