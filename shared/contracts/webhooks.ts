/** Where SMS providers tell what became of texts, each in its own form and proven by its own means: docs/governance.md. */
export const smsWebhook = { method: 'POST', path: '/webhooks/sms/{provider}', access: 'public' } as const;
