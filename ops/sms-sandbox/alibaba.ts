import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Callbacks } from './callbacks.ts';
import { ALIBABA } from './credentials.ts';
import type { DeliveryOutcome, Mailbox } from './mailbox.ts';
import type { Answer, Request } from './wire.ts';

const MAX_SKEW_MS = 15 * 60_000;

const error = (status: number, Code: string, Message: string): Answer => ({
  status,
  body: { RequestId: randomUUID(), Code, Message, HostId: 'dysmsapi.aliyuncs.com' },
});

const responseWithCode = (ResponseCode: string, ResponseDescription = ResponseCode): Answer => ({
  status: 200,
  body: { RequestId: randomUUID(), ResponseCode, ResponseDescription },
});

/**
 * Creates the stand-in for Alibaba Cloud SMS, API 2018-05-01: SendMessageToGlobe, signed by ACS3-HMAC-SHA256. For a
 * request without the header `x-acs-action`, it returns `'none'`. If the caller must send no response, it returns
 * undefined.
 */
export function alibabaOf(mailbox: Mailbox, callbacks: Pick<Callbacks, 'addressOf'>) {
  const nonces = new Set<string>();
  return async (request: Request): Promise<Answer | 'none' | undefined> => {
    const action = request.headers['x-acs-action'];
    if (action === undefined) return 'none';
    const refusal = signatureError(request, nonces);
    if (refusal) return refusal;
    const {
      To = '',
      Message: text = '',
      TaskId: reference = '',
    } = Object.fromEntries(new URLSearchParams(request.query));
    if (action !== 'SendMessageToGlobe') {
      return error(404, 'InvalidAction.NotFound', `Specified api is not found: ${action}`);
    }
    if (!/^[1-9]\d{6,14}$/.test(To)) return responseWithCode('MOBILE_NUMBER_ILLEGAL');
    const address = callbacks.addressOf('alibaba');
    const accept = (outcome: DeliveryOutcome): Answer => {
      const receipt = address === undefined ? undefined : { address, reference };
      const { id } = mailbox.store({ to: `+${To}`, text, provider: 'alibaba', receipt }, outcome);
      return { status: 200, body: { ...(responseWithCode('OK').body as object), MessageId: id, To, Segments: '1' } };
    };
    return mailbox.respond(['alibaba'], undefined, accept, {
      fails: error(503, 'ServiceUnavailable', 'The request has failed due to a temporary failure of the server.'),
      refuses: responseWithCode('MOBILE_NUMBER_ILLEGAL'),
      // Alibaba's documentation has no code for recipients who have opted out.
      'opted out': responseWithCode('MOBILE_NUMBER_ILLEGAL'),
      throttles: error(400, 'Throttling.User', 'Request was denied due to user flow control.'),
    });
  };
}

/**
 * Verifies the access key, time stamp, nonce and signature of a request.
 * @returns the error response; undefined if all are valid
 */
function signatureError({ method, path, query, headers, body }: Request, nonces: Set<string>): Answer | undefined {
  const [, id, names = '', signature] =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (id !== ALIBABA.accessKeyId)
    return error(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
  const age = Math.abs(Date.now() - Date.parse(headers['x-acs-date'] ?? ''));
  if (!(age < MAX_SKEW_MS)) return error(400, 'InvalidTimeStamp.Expired', 'Specified time stamp is expired.');
  const nonce = headers['x-acs-signature-nonce'] ?? '';
  if (nonce === '' || nonces.has(nonce)) return error(400, 'SignatureNonceUsed', 'Specified signature nonce was used.');
  const hash = createHash('sha256').update(body).digest('hex');
  const sorted = query.split('&').sort().join('&');
  const signed = names.split(';').map((name) => `${name}:${headers[name] ?? ''}\n`);
  const canonical = [method, path, sorted, signed.join(''), names, hash].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const expected = createHmac('sha256', ALIBABA.accessKeySecret).update(`ACS3-HMAC-SHA256\n${digest}`).digest('hex');
  if (signature !== expected || headers['x-acs-content-sha256'] !== hash) {
    return error(400, 'SignatureDoesNotMatch', 'Specified signature is not matched with our calculation.');
  }
  nonces.add(nonce);
  return undefined;
}
