import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import type { TokenRequest } from '@rollcall/local/internal/services/issuer';

/**
 * Requests a token from the issuer of an embedded cloud or of `ops issuer`.
 * @throws {CloudError} if no issuer at the URL returns a token
 */
export async function requestTokenFrom(issuerUrl: string, request: TokenRequest): Promise<string> {
  try {
    const response = await fetch(`${issuerUrl}/token`, { method: 'POST', body: JSON.stringify(request) });
    const { access_token: token } = (await response.json()) as { access_token?: string };
    if (token !== undefined) return token;
    throw new Error(`status ${response.status}`);
  } catch (cause) {
    throw new CloudError(
      `No token issuer responds at ${issuerUrl}. Start an embedded cloud (npm start), or the issuer alone (npm run ops -- issuer). On AWS, the OpenID provider of the stage issues tokens.`,
      { cause },
    );
  }
}

/** Requests a token from a running embedded cloud. @throws {CloudError} if no issuer at the URL returns a token */
export const requestToken = (endpointUrl: string, request: TokenRequest): Promise<string> =>
  requestTokenFrom(`${endpointUrl}/issuer`, request);
