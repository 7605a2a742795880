/** Who we are to Twilio's stand-in. */
export const TWILIO = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'sandbox', from: '+15005550006' };

/** Who we are to Alibaba's. */
export const ALIBABA = { accessKeyId: 'sandbox', accessKeySecret: 'sandbox-secret', from: 'Rollcall' };

/** What proves that the stand-ins call, as an operator of the real providers would have told them. */
export const WEBHOOK_KEYS = { http: 'sandbox/http/'.padEnd(64, '0'), alibaba: 'sandbox-alibaba-'.padEnd(64, '0') };

/** Values of secrets by the end of their names. */
export const SANDBOX_SECRETS: Record<string, object> = {
  twilio: TWILIO,
  alibaba: ALIBABA,
  'http-webhooks': { key: WEBHOOK_KEYS.http },
  'alibaba-webhooks': { key: WEBHOOK_KEYS.alibaba },
};
