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
 * Creates a function that signs requests (SigV4) with the credentials of the function's role, which stay the same for
 * the lifetime of the instance. Use it for single calls to an AWS service that do not justify an SDK client. To call
 * routes of another service's HTTP API that require signatures, pass `execute-api` as the service.
 * @param signer default: region and credentials of the function
 * @returns a function that adds the signature to the given headers. The headers must include `host`
 * @public
 */
export function signerOf(service: string, { region, credentials }: SignedAs = functionIdentity()) {
  // S3 is the only service whose path is not escaped a second time.
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
