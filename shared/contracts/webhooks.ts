/**
 * Where SMS providers report the outcome of SMS, each in its own format and with its own authentication:
 * docs/governance.md.
 */
export const smsWebhook = { method: 'POST', path: '/webhooks/sms/{provider}', access: 'public' } as const;
