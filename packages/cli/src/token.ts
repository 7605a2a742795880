import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import type { TokenRequest } from '@rollcall/local/internal/services/issuer';

/**
 * A token from an issuer of this project: of an embedded cloud, or `ops issuer`. @throws {CloudError} if none answers
 * there
 */
export async function askIssuer(issuerUrl: string, request: TokenRequest): Promise<string> {
  try {
    const response = await fetch(`${issuerUrl}/token`, { method: 'POST', body: JSON.stringify(request) });
    const { access_token: token } = (await response.json()) as { access_token?: string };
    if (token !== undefined) return token;
    throw new Error(`it answered ${response.status}`);
  } catch (cause) {
    throw new CloudError(
      `No token issuer answers at ${issuerUrl}. Is it running: an embedded cloud (npm start), or the issuer alone (npm run ops -- issuer)? On AWS, tokens come from the OpenID provider of the stage.`,
      { cause },
    );
  }
}

/** A token from a running embedded cloud. @throws {CloudError} if none answers there */
export const requestToken = (endpointUrl: string, request: TokenRequest): Promise<string> =>
  askIssuer(`${endpointUrl}/issuer`, request);
