import { createHash, createHmac } from 'node:crypto';
import { NotServedError, RejectedError, ThrottledError } from '@rollcall/kit/resilience';
import * as z from 'zod';
import { failureOf, parseObject, post } from './http-call.ts';
import type { SmsProvider } from './provider.ts';

export const alibabaCredentials = z.object({
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
  /** Sender ID or signature. */
  from: z.string().min(1),
});

export type AlibabaCredentials = z.output<typeof alibabaCredentials>;

export interface AlibabaOptions {
  url: string;
  credentials: () => Promise<AlibabaCredentials>;
  now: () => Date;
  newId: () => string;
}

const MAINLAND = '+86';
const THROTTLED = /^(Throttling|isv\.BUSINESS_LIMIT_CONTROL|FREQUENCY_LIMIT)/;
/**
 * Codes about the number or the text itself. No code reports that the recipient opted out: BLACK_KEY_CONTROL_LIMIT is
 * about words in the text (https://help.aliyun.com/zh/sms/error-code-intl).
 */
const PERMANENT =
  /^(isv\.)?(MOBILE_NUMBER_ILLEGAL|NUMBER_ILLEGAL|BLACK_KEY_CONTROL_LIMIT|PARAM_LENGTH_LIMIT|CONTENT_ERROR)/;
const THROTTLED_MS = 1_000;

/**
 * Alibaba Cloud SMS, SendMessageToGlobe of API 2018-05-01. This API does not support idempotency keys. A call sends the
 * `reference` of the SMS as its task ID, or without a reference, the idempotency key. SMS to mainland China must use
 * registered templates with short variables. `createAlibaba` does not support templates, so it refuses SMS to mainland
 * China.
 */
export const createAlibaba = ({ url, credentials, now, newId }: AlibabaOptions): SmsProvider => ({
  honoursKey: false,
  async ready() {
    await credentials();
  },
  async send({ to, text, idempotencyKey, reference }, { signal }) {
    if (to.startsWith(MAINLAND)) throw new NotServedError('Alibaba Cloud sends no free-form SMS to mainland China');
    const { accessKeyId, accessKeySecret, from } = await credentials();
    const query = { To: to.slice(1), From: from, Message: text, TaskId: reference ?? idempotencyKey };
    const headers = {
      host: new URL(url).host,
      'x-acs-action': 'SendMessageToGlobe',
      'x-acs-version': '2018-05-01',
      'x-acs-date': now()
        .toISOString()
        .replace(/\.\d+Z$/, 'Z'),
      'x-acs-signature-nonce': newId(),
    };
    const signed = sign({ method: 'POST', query, headers, body: '', accessKeyId, accessKeySecret });
    const response = await post('Alibaba Cloud SMS', `${url}/?${canonicalQuery(query)}`, {
      headers: signed,
      body: '',
      signal,
    });
    const { ResponseCode, Code } = parseObject(response.body);
    const code = String(ResponseCode ?? Code ?? '?');
    if (response.status < 300 && code === 'OK') return;
    const failure = `Alibaba Cloud SMS responded ${response.status} with code ${code}`;
    if (THROTTLED.test(code)) throw new ThrottledError(failure, THROTTLED_MS);
    if (PERMANENT.test(code)) throw new RejectedError(failure);
    // All other codes are about the service or about the account, for example its credit. None is about the recipient.
    throw response.status >= 500 ? failureOf(failure, response) : new NotServedError(failure);
  },
});

export interface SignedRequest {
  method: string;
  query: Record<string, string>;
  /** The headers to sign, in lower case: the host, and headers with the prefix `x-acs-`. */
  headers: Record<string, string>;
  body: string;
  accessKeyId: string;
  accessKeySecret: string;
}

const ALGORITHM = 'ACS3-HMAC-SHA256';

/**
 * Returns the headers, together with the hash of the body and the header that signs the request
 * (https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature).
 */
export function sign({ method, query, headers, body, accessKeyId, accessKeySecret }: SignedRequest) {
  const all: Record<string, string> = { ...headers, 'x-acs-content-sha256': sha256(body) };
  const names = Object.keys(all).sort();
  const canonicalHeaders = names.map((name) => `${name}:${all[name]?.trim()}\n`).join('');
  const signedHeaders = names.join(';');
  const request = [method, '/', canonicalQuery(query), canonicalHeaders, signedHeaders, all['x-acs-content-sha256']];
  const toSign = `${ALGORITHM}\n${sha256(request.join('\n'))}`;
  const signature = createHmac('sha256', accessKeySecret).update(toSign).digest('hex');
  const authorization = `${ALGORITHM} Credential=${accessKeyId},SignedHeaders=${signedHeaders},Signature=${signature}`;
  return { ...all, authorization };
}

const canonicalQuery = (query: Record<string, string>) =>
  Object.entries(query)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');

/** Encodes text by RFC 3986, which also encodes some characters that encodeURIComponent does not. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
