import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import type { TokenRequest } from '@rollcall/local/internal/services/issuer';

/** A token of an issuer of the project's own: of an embedded cloud, or `ops issuer`. @throws {CloudError} if none answers there */
export async function askIssuer(issuerUrl: string, request: TokenRequest): Promise<string> {
  try {
    const response = await fetch(`${issuerUrl}/token`, { method: 'POST', body: JSON.stringify(request) });
    const { access_token: token } = (await response.json()) as { access_token?: string };
    if (token !== undefined) return token;
    throw new Error(`it answered ${response.status}`);
  } catch (cause) {
    throw new CloudError(
      `Nobody gives tokens at ${issuerUrl}. Is it running: an embedded cloud (npm start), or the issuer alone (npm run ops -- issuer)? On AWS, the OpenID provider of the stage gives them.`,
      { cause },
    );
  }
}

/** A token of a running embedded cloud. @throws {CloudError} if none answers there */
export const requestToken = (endpointUrl: string, request: TokenRequest): Promise<string> =>
  askIssuer(`${endpointUrl}/issuer`, request);
