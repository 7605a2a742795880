import { createHash, timingSafeEqual } from 'node:crypto';
import { Sha256Node } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export interface SignedRequest {
  method: string;
  path: string;
  query?: string;
  headers: Record<string, string>;
  body: string | Buffer;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
/** The maximum difference between the time in a signature and the current time, in both directions. */
const VALID_MS = 5 * 60_000;

/** The access key in an `Authorization` header. The signature is not verified. */
export const accessKeyOf = (authorization: string | undefined): string | undefined =>
  /Credential=([^/]+)\//.exec(authorization ?? '')?.[1];

/**
 * Verifies a signature (Signature Version 4), which must cover the `Host` header and all AWS headers
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 * @param secretOf returns the secret of an access key; undefined if the key is unknown
 * @returns the access key; undefined if the signature is missing or wrong, has an unknown key, does not cover these
 * headers, is for another service or region, or is more than five minutes before or after the current time
 */
export async function signedBy(
  { method, path, query = '', headers, body }: SignedRequest,
  { service, region }: { service: string; region: string },
  secretOf: (accessKeyId: string) => string | undefined,
): Promise<string | undefined> {
  const [, accessKeyId = '', signedIn, signedFor, names = '', signature = ''] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  const signed = names.split(';');
  const secretAccessKey = secretOf(accessKeyId);
  const date = headers['x-amz-date'] ?? '';
  if (secretAccessKey === undefined || signedFor !== service || signedIn !== region || !DATE.test(date))
    return undefined;
  const mustBeSigned = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  if (!signed.every((name) => Object.hasOwn(headers, name))) return undefined;
  if (!mustBeSigned.every((name) => signed.includes(name))) return undefined;
  const signingDate = new Date(date.replace(DATE, '$1-$2-$3T$4:$5:$6Z'));
  if (Math.abs(Date.now() - signingDate.getTime()) > VALID_MS) return undefined;
  // Checks that the hash in this header matches the body, because the signer uses this hash and does not read the body.
  const hash = headers['x-amz-content-sha256'];
  if (hash !== undefined && hash !== createHash('sha256').update(body).digest('hex')) return undefined;
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256Node,
    credentials: { accessKeyId, secretAccessKey },
    applyChecksum: false,
  });
  const expected = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: headers.host ?? '',
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: Object.fromEntries(signed.map((name) => [name, headers[name] ?? ''])),
      body,
    },
    { signingDate },
  );
  const found = AUTHORIZATION.exec(expected.headers.authorization ?? '')?.[5] ?? '';
  return timingSafeEqual(Buffer.from(found.padEnd(64)), Buffer.from(signature)) ? accessKeyId : undefined;
}
