import { Sha256Node } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

interface SignedAs {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

function functionIdentity(): SignedAs {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN, AWS_REGION = '' } = process.env;
  const session = AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {};
  return {
    region: AWS_REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, ...session },
  };
}

/**
 * Creates a signer of requests (SigV4). Use it if the few calls to an AWS service do not justify an SDK client. To call
 * routes of another service's HTTP API that require signatures, pass `execute-api` as the service.
 * @param signer default: the region of the Lambda function, and the credentials of its role. These credentials stay the
 * same for the lifetime of the function's instance
 * @returns a function that returns the given headers together with the signature. The given headers must include `host`
 * @public
 */
export function signerOf(service: string, { region, credentials }: SignedAs = functionIdentity()) {
  // Before signing, SigV4 escapes the URL's path once more, except for S3.
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256Node, uriEscapePath: service !== 's3' });
  return async (
    url: URL,
    headers: Record<string, string>,
    body?: Uint8Array,
    method = 'POST',
  ): Promise<Record<string, string>> => {
    const { protocol, hostname, pathname: path } = url;
    const query = Object.fromEntries(url.searchParams);
    return (await signer.sign({ method, protocol, hostname, path, query, headers, ...(body && { body }) })).headers;
  };
}
