/** The application's credentials for the stand-in for Twilio. */
export const TWILIO = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'sandbox', from: '+15005550006' };

/** The application's credentials for the stand-in for Alibaba Cloud. */
export const ALIBABA = { accessKeyId: 'sandbox', accessKeySecret: 'sandbox-secret', from: 'Rollcall' };

/** Keys that authenticate the stand-ins' webhooks. For real providers, an operator configures them. */
export const WEBHOOK_KEYS = { http: 'sandbox/http/'.padEnd(64, '0'), alibaba: 'sandbox-alibaba-'.padEnd(64, '0') };

/** Values of secrets, by the end of the secret's name. */
export const SANDBOX_SECRETS: Record<string, object> = {
  twilio: TWILIO,
  alibaba: ALIBABA,
  'http-webhooks': { key: WEBHOOK_KEYS.http },
  'alibaba-webhooks': { key: WEBHOOK_KEYS.alibaba },
};
