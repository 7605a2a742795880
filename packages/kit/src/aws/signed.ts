import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

/**
 * Signs POST requests of a service of AWS with the credentials of the function's role, which change only with the instance:
 * for single calls that are not worth a client of the SDK.
 * @returns the headers with a signature
 */
export function signerOf(service: string) {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN, AWS_REGION = '' } = process.env;
  const signer = new SignatureV4({
    service,
    region: AWS_REGION,
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    },
    sha256: Sha256,
  });
  return async (url: URL, headers: Record<string, string>, body: Uint8Array) => {
    const { protocol, hostname, pathname: path } = url;
    return (await signer.sign({ method: 'POST', protocol, hostname, path, query: {}, headers, body })).headers;
  };
}
