import { PinpointSMSVoiceV2Client } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { clientDefaults, createDynamoDB, jsonOf, readEnvironment, text } from '@rollcall/kit/aws';
import { createRegistry } from '@rollcall/kit/discovery';
import type { HandlerContext } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import {
  type CircuitState,
  changeSwitches,
  createNodes,
  createSecret,
  createStageBreaker,
  createTokenBuckets,
} from '@rollcall/kit/resilience';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { type SmsProviderName, smsSettings } from '../../shared/config/sms-settings.ts';
import { createPseudonym, type Pseudonym } from '../../shared/pseudonyms.ts';
import { createSmsLimits } from './limits.ts';
import { createOptOuts } from './opt-outs.ts';
import { createPace } from './pace.ts';
import { alibabaCredentials, createAlibaba } from './providers/alibaba.ts';
import { createAwsEndUserMessaging } from './providers/aws-end-user-messaging.ts';
import { createHttpGateway } from './providers/http-gateway.ts';
import type { SmsProvider } from './providers/provider.ts';
import { createTwilio, twilioCredentials } from './providers/twilio.ts';
import { type ConfiguredProvider, createTexting, type SendText } from './texting.ts';

/** Prefix of an address that names a service with registered instances. */
const DISCOVERED = 'discover:';
/**
 * How long the mode of the capability `sms` stays changed after a circuit opened: a little longer than the longest
 * interval between probes.
 */
const SWITCHED_FOR_MS = 90_000;

/** Reads the function's environment. Creates `sendText` and a function that computes the pseudonyms of phones. */
export function configuredTexting({ mode }: Pick<HandlerContext, 'mode'>): {
  sendText: SendText;
  pseudonym: Pseudonym;
} {
  const environment = readEnvironment(
    z.object({
      SMS: jsonOf(smsSettings),
      SMS_LIMITS_TABLE: text,
      SWITCHES_TABLE: text,
      INSTANCES_TABLE: text,
      PSEUDONYMS_SECRET: text,
      WEBHOOKS_URL: z.url(),
    }),
  );
  const { SMS: settings, SMS_LIMITS_TABLE, SWITCHES_TABLE, INSTANCES_TABLE } = environment;
  const webhookUrl = (name: SmsProviderName) => (settings.receipts ? `${environment.WEBHOOKS_URL}/${name}` : undefined);
  const client = createDynamoDB();
  const now = () => new Date();
  const { logger, count, measure } = createObservability('sms-providers');
  const pseudonym = createPseudonym(environment.PSEUDONYMS_SECRET, now);

  async function onChange(circuit: string, state: CircuitState): Promise<void> {
    const { modeWhenCircuitOpens } = settings;
    const isOpen = state.is === 'open';
    count(isOpen ? { CircuitOpened: 1 } : { CircuitClosed: 1 });
    measure('CircuitState', 'None', [isOpen ? 2 : 0], { circuit });
    if (modeWhenCircuitOpens === null) return;
    const at = now();
    const change = {
      capability: 'sms' as const,
      mode: isOpen ? modeWhenCircuitOpens : ('on' as const),
      by: `circuit ${circuit}`,
      why: isOpen ? `the circuit opened: ${state.because}` : 'the circuit closed',
      at: at.toISOString(),
      ...(isOpen && { until: new Date(at.getTime() + SWITCHED_FOR_MS).toISOString() }),
    };
    await changeSwitches(client, SWITCHES_TABLE, [change], [newId()], true).catch((error: Error) =>
      logger.warn('the capability could not be switched', { error }),
    );
  }

  const configuredProvider = (name: SmsProviderName): ConfiguredProvider => {
    const circuit = `sms-${name}`;
    const { provider, discovered } = providers[name](now, webhookUrl(name));
    return {
      name: circuit,
      provider,
      nodes: discovered
        ? createNodes({
            service: discovered,
            registry: createRegistry({ client, tableName: INSTANCES_TABLE, now }),
            now,
            random: Math.random,
            onFailure: (error) => logger.warn('the registry cannot be read; using the last known instances', { error }),
          })
        : undefined,
      breaker: createStageBreaker({ name: circuit, logger, onChange: (state) => onChange(circuit, state) }),
    };
  };

  const sendText = createTexting({
    ...settings,
    providers: settings.providers.map(configuredProvider),
    pace:
      settings.perMinute === null
        ? undefined
        : createPace({
            buckets: createTokenBuckets({ client, tableName: SMS_LIMITS_TABLE, now }),
            perMinute: settings.perMinute,
            now,
          }),
    limits: createSmsLimits({
      client,
      tableName: SMS_LIMITS_TABLE,
      pseudonym,
      settings,
      now,
      newId,
      count,
    }),
    optOuts: createOptOuts({ client, tableName: SMS_LIMITS_TABLE, pseudonym }),
    mode,
    now,
    onOptedOut: () => count({ TextsOptedOut: 1 }),
    onSent: (provider, country = 'none') => count({ TextsSent: 1 }, { provider, country }),
  });
  return { sendText, pseudonym };
}

type ProviderAndService = { provider: SmsProvider; discovered?: string };

/** @param webhookUrl URL of the provider's webhook, or undefined if no receipts are requested */
const providers: Record<SmsProviderName, (now: () => Date, webhookUrl: string | undefined) => ProviderAndService> = {
  http: (_, webhookUrl) => {
    const { GATEWAY_URL: url } = readEnvironment(z.object({ GATEWAY_URL: z.url() }));
    if (!url.startsWith(DISCOVERED)) return { provider: createHttpGateway({ url, webhookUrl }) };
    return { provider: createHttpGateway({ webhookUrl }), discovered: url.slice(DISCOVERED.length) };
  },
  aws: (_, webhookUrl) => {
    const { ORIGINATION_IDENTITY, CONFIGURATION_SET } = readEnvironment(
      z.object({ ORIGINATION_IDENTITY: text, CONFIGURATION_SET: text }),
    );
    // The SDK must not retry, because a retry could send an SMS twice. The client needs no
    // request timeout, because the signal of each call aborts the call at its timeout.
    const client = new PinpointSMSVoiceV2Client({
      maxAttempts: 1,
      requestHandler: { connectionTimeout: clientDefaults.requestHandler.connectionTimeout },
    });
    return {
      provider: createAwsEndUserMessaging({
        client,
        originationIdentity: ORIGINATION_IDENTITY,
        ...(webhookUrl && { configurationSet: CONFIGURATION_SET }),
      }),
    };
  },
  twilio: (now, webhookUrl) => {
    const { TWILIO_URL, TWILIO_SECRET } = readEnvironment(z.object({ TWILIO_URL: z.url(), TWILIO_SECRET: text }));
    return {
      provider: createTwilio({
        url: TWILIO_URL,
        credentials: createSecret(TWILIO_SECRET, twilioCredentials, now),
        webhookUrl,
      }),
    };
  },
  alibaba: (now) => {
    const { ALIBABA_URL, ALIBABA_SECRET } = readEnvironment(z.object({ ALIBABA_URL: z.url(), ALIBABA_SECRET: text }));
    const credentials = createSecret(ALIBABA_SECRET, alibabaCredentials, now);
    return { provider: createAlibaba({ url: ALIBABA_URL, credentials, now, newId }) };
  },
};
