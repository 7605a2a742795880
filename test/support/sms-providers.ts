import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { PinpointSMSVoiceV2Client } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { readBody } from '@rollcall/local/internal/server/read-body';
import { createAlibaba } from '../../functions/sms/providers/alibaba.ts';
import { createAwsEndUserMessaging } from '../../functions/sms/providers/aws-end-user-messaging.ts';
import { createHttpGateway } from '../../functions/sms/providers/http-gateway.ts';
import type { SmsProvider } from '../../functions/sms/providers/provider.ts';
import { createTwilio } from '../../functions/sms/providers/twilio.ts';
import type { WebhookRequest } from '../../functions/sms/webhooks/webhook.ts';
import { awsOf } from '../../ops/sms-sandbox/aws.ts';
import { createCallbacks } from '../../ops/sms-sandbox/callbacks.ts';
import { ALIBABA, TWILIO, WEBHOOK_KEYS } from '../../ops/sms-sandbox/credentials.ts';
import { startGateway } from '../../ops/sms-sandbox/gateway.ts';
import { createMailbox } from '../../ops/sms-sandbox/mailbox.ts';

export interface Wrong {
  /** Whether the adapter has a wrong secret. */
  secret: boolean;
}

/** Starts the sandbox's providers with their adapters, and records their callbacks. */
export async function startProviders() {
  const database = new DatabaseSync(':memory:');
  const published: string[] = [];
  const callbacks = createCallbacks({ database, publish: async (_, message) => void published.push(message) });
  const mailbox = createMailbox(database, callbacks);
  const webhookRequests: WebhookRequest[] = [];
  const webhooks = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', webhooksUrl);
    const headers = request.headers as Record<string, string>;
    webhookRequests.push({
      url: url.href,
      query: url.searchParams,
      headers,
      body: String((await readBody(request)) ?? ''),
    });
    response.writeHead(204).end();
  });
  const webhooksUrl = await listen(webhooks, 0, 'test');
  callbacks.setAddress('alibaba', `${webhooksUrl}/alibaba?token=${WEBHOOK_KEYS.alibaba}`);
  callbacks.setAddress('aws', 'the topic');
  const gateway = await startGateway('gateway-1', mailbox, callbacks, 0);
  const aws = awsOf(mailbox, callbacks, {
    region: 'us-east-1',
    secretOf: (key) => (key === 'local' ? 'local' : undefined),
  });
  const awsServer = createServer(async (request, response) => {
    const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
    const body = String((await readBody(request)) ?? '');
    const answer = await aws(operation, body, request.headers as Record<string, string>).catch(() => undefined);
    if (mailbox.faults.get('aws')?.kind === 'down') return response.destroy();
    if (answer) response.writeHead(answer.status).end(JSON.stringify(answer.body));
  });
  const awsUrl = await listen(awsServer, 0, 'test');
  const clients: PinpointSMSVoiceV2Client[] = [];
  let ids = 0;
  const newId = () => `nonce-${++ids}`;
  const now = () => new Date();

  const adapters: Record<string, (wrong: Wrong) => SmsProvider> = {
    http: () => createHttpGateway({ url: gateway.url, webhookUrl: `${webhooksUrl}/http` }),
    aws: ({ secret }) => {
      const client = new PinpointSMSVoiceV2Client({
        endpoint: awsUrl,
        region: 'us-east-1',
        maxAttempts: 1,
        credentials: { accessKeyId: 'local', secretAccessKey: secret ? 'guessed' : 'local' },
      });
      clients.push(client);
      return createAwsEndUserMessaging({ client, originationIdentity: 'rollcall', configurationSet: 'events' });
    },
    twilio: ({ secret }) =>
      createTwilio({
        url: gateway.url,
        credentials: async () => ({ ...TWILIO, ...(secret && { authToken: 'guessed' }) }),
        webhookUrl: `${webhooksUrl}/twilio`,
      }),
    alibaba: ({ secret }) =>
      createAlibaba({
        url: gateway.url,
        credentials: async () => ({ ...ALIBABA, ...(secret && { accessKeySecret: 'guessed' }) }),
        now,
        newId,
      }),
  };
  return {
    mailbox,
    callbacks,
    webhookRequests,
    published,
    webhooksUrl,
    url: gateway.url,
    adapter: (name: string, wrong: Wrong = { secret: false }) => adapters[name]?.(wrong) as SmsProvider,
    async stop() {
      for (const client of clients) client.destroy();
      await callbacks.stop();
      await gateway.stop();
      await close(webhooks);
      await close(awsServer);
      database.close();
    },
  };
}
