import { DEFAULT_SCOPES } from '@rollcall/kit/internal/contracts/token-scopes';
import type { TokenRequest } from '@rollcall/local/internal/services/issuer';
import type { App } from '../app-definition.ts';
import { requestTokenFrom } from '../token.ts';
import { OperatorError } from './errors.ts';
import { addressOf, issuerOf } from './issuer.ts';
import type { StageClient } from './stage.ts';

/** The scopes that allow all actions of an operator. */
export const operatorScopeOf = ({
  operatorScope = Object.values(DEFAULT_SCOPES).join(' '),
}: Pick<App, 'operatorScope'>) => operatorScope;

/**
 * A token from the issuer of a stage in an embedded cloud or in LocalStack.
 * @throws {OperatorError} if the stage is in an account, or does not exist
 * @throws {CloudError} if the issuer does not return a token
 */
export async function tokenOf(stage: StageClient, request: TokenRequest): Promise<string> {
  if (!stage.endpoint) throw new OperatorError('Tokens for an account come from the OpenID provider of the stage.');
  const issuer = await stage.ask(() => issuerOf(stage));
  if (issuer) return requestTokenFrom(addressOf(issuer), request);
  throw new OperatorError(`There is no stage ${stage.name} at ${stage.endpoint}, so its token issuer is unknown.`);
}

/**
 * The environment variable API_TOKEN or, if it is not set, a token from {@link tokenOf}.
 * @throws {OperatorError} if the variable is not set and the stage is in an account, or does not exist
 * @throws {CloudError} if the issuer does not return a token
 */
export async function operatorToken(stage: StageClient, app: Pick<App, 'operatorScope'>): Promise<string> {
  const { API_TOKEN } = process.env;
  if (API_TOKEN) return API_TOKEN;
  const scope = operatorScopeOf(app);
  if (stage.endpoint) return tokenOf(stage, { scope });
  throw new OperatorError(
    `Set API_TOKEN to a token from the OpenID provider of stage ${stage.name}, with the scopes ${scope}.`,
  );
}
