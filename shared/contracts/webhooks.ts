/**
 * The route to which SMS providers send delivery receipts and inbound SMS. docs/governance.md describes the format and
 * authentication of each provider.
 */
export const smsWebhook = { method: 'POST', path: '/webhooks/sms/{provider}', access: 'public' } as const;
