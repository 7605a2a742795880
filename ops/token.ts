import { CloudError } from '../local/errors.ts';
import type { TokenRequest } from '../local/issuer.ts';

/** Good for every member, as the stages' settings have it. */
export const EVERY_MEMBER: TokenRequest = { scope: 'members:read members:write' };

/** A token of a running embedded cloud's own issuer. @throws {CloudError} if none answers there */
export async function requestToken(endpointUrl: string, request: TokenRequest): Promise<string> {
  try {
    const response = await fetch(`${endpointUrl}/issuer/token`, { method: 'POST', body: JSON.stringify(request) });
    return ((await response.json()) as { access_token: string }).access_token;
  } catch (cause) {
    throw new CloudError(
      `No embedded cloud gives tokens at ${endpointUrl}. Is it running (npm start)? On AWS, the OpenID provider of the stage gives them.`,
      { cause },
    );
  }
}
