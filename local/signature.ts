import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

export interface SignedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * Whether a request was signed with a secret, by AWS's Signature Version 4
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
export async function isSignedWith(secretAccessKey: string, { method, path, headers, body }: SignedRequest) {
  const [, accessKeyId, region = '', service = '', names = '', signature] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  const date = headers['x-amz-date'] ?? '';
  if (accessKeyId === undefined || !DATE.test(date)) return false;
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    credentials: { accessKeyId, secretAccessKey },
    applyChecksum: false,
  });
  const signed = Object.fromEntries(names.split(';').map((name) => [name, headers[name] ?? '']));
  const request = { method, protocol: 'http:', hostname: headers.host ?? '', path, headers: signed, body };
  const expected = await signer.sign(request, { signingDate: new Date(date.replace(DATE, '$1-$2-$3T$4:$5:$6Z')) });
  return AUTHORIZATION.exec(expected.headers.authorization ?? '')?.[5] === signature;
}
