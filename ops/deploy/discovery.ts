import * as z from 'zod';

const PATIENCE_MS = 10_000;

/** The fields that API Gateway needs (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata). */
const configuration = z.object({ issuer: z.string(), jwks_uri: z.url() });

/**
 * Calls an OpenID provider the way API Gateway does. Returns a description of the error; undefined if there is none.
 * @param httpFetch replaces `fetch`
 */
export async function discoveryFault(issuer: string, httpFetch: typeof fetch = fetch): Promise<string | undefined> {
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== 'https:') return `${issuer} is not an https URL.`;
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    const response = await httpFetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) return `${url} returns ${response.status}, so the authorizer cannot be created.`;
    const found = configuration.safeParse(await response.json());
    if (!found.success) return `${url} is not an OpenID configuration: ${z.prettifyError(found.error)}`;
    if (found.data.issuer !== issuer)
      return `${url} names ${found.data.issuer} as its issuer. Set TokenIssuer to that URL.`;
    return undefined;
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    return `${url} cannot be read: ${cause?.message ?? message}`;
  }
}
