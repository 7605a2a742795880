import type { TokenRequest } from '@rollcall/local/internal/services/issuer';
import type { App } from '../app-definition.ts';
import { askIssuer } from '../token.ts';
import { OperatorError } from './errors.ts';
import { addressOf, issuerOf } from './issuer.ts';
import type { Stage } from './stage.ts';

/** Of the issuer of a stage that is on this machine. @throws {OperatorError} if it is in an account, or not there */
export async function tokenOf(stage: Stage, request: TokenRequest): Promise<string> {
  if (!stage.endpoint) throw new OperatorError('Tokens of an account are given by the OpenID provider of the stage.');
  const issuer = await stage.ask(() => issuerOf(stage));
  if (issuer) return askIssuer(addressOf(issuer), request);
  throw new OperatorError(`There is no stage ${stage.name} at ${stage.endpoint}: nothing says who gives its tokens.`);
}

/** Of the stage's own issuer, or what the operator has. @throws {OperatorError} if there is neither */
export async function operatorToken(
  stage: Stage,
  { operatorScope: scope }: Pick<App, 'operatorScope'>,
): Promise<string> {
  const { API_TOKEN } = process.env;
  if (API_TOKEN) return API_TOKEN;
  if (stage.endpoint) return tokenOf(stage, scope === undefined ? {} : { scope });
  throw new OperatorError(
    `Set API_TOKEN to a token of the OpenID provider of stage ${stage.name}, with the scopes ${scope ?? 'that it needs'}.`,
  );
}
