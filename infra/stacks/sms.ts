import { Consumer, raiseAlarm, ServiceFunction, ServiceTable, Subscriber, serviceMetric } from '@rollcall/cdk';

import { Duration, type Stack } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { commandConsumer } from '../../functions/sms/commands.consumer.ts';
import { eventConsumer } from '../../functions/sms/events.consumer.ts';
import type { Mode } from '../../shared/config/capabilities.ts';
import { registrationReplies } from '../../shared/contracts/channels.ts';
import { smsWebhook } from '../../shared/contracts/webhooks.ts';
import type { PhoneServiceProps } from '../constructs/pseudonyms.ts';
import { SmsEvents } from '../constructs/sms-events.ts';
import { type FunctionAccess, smsProvider } from '../constructs/sms-provider.ts';
import type { Stage } from '../stages.ts';

/** The path of the webhooks without the provider. */
const WEBHOOKS = smsWebhook.path.replace('/{provider}', '');

/** The degraded modes of the SMS capability. */
const DEGRADED: ReadonlyArray<Mode<'sms'>> = ['short-text'];

/** Adds the SMS service, which sends welcome SMS and the SMS that other services request. */
export function addSms(stack: Stack, props: PhoneServiceProps): void {
  const { stage, channels, api, alarms, governance, pseudonyms } = props;
  const subscriber = new Subscriber(stack, 'Subscriber', {
    ...props,
    consumer: eventConsumer,
    entry: 'functions/sms/events.handler.ts',
    degradedModes: DEGRADED,
  });
  const commands = new Consumer(stack, 'Commands', {
    ...props,
    consumer: commandConsumer,
    entry: 'functions/sms/commands.handler.ts',
    degradedModes: DEGRADED,
  });
  commands.uses('CONTACTS_TABLE', subscriber.table, 'GetItem');

  const limits = new ServiceTable(stack, 'Limits', {
    stage,
    name: 'sms-limits',
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
  const events = stage.sms.providers.includes('aws') ? new SmsEvents(stack, 'Events', { stage }) : undefined;
  const providers = stage.sms.providers.map((name) => smsProvider(stack, name, stage, events));
  const settings = { SMS: JSON.stringify(stage.sms), WEBHOOKS_URL: `${api.apiEndpoint}${WEBHOOKS}` };
  for (const sender of [subscriber, commands]) {
    sender.uses('SMS_LIMITS_TABLE', limits, 'GetItem', 'UpdateItem', 'PutItem');
    sender.extend({ ...governance.environment, ...pseudonyms.environment, ...settings }, (fn) => {
      governance.allowBreaking(fn);
      pseudonyms.allow(fn);
      governance.allowDiscovering(fn);
      if (stage.sms.modeWhenCircuitOpens !== null) governance.allowSwitching(fn);
    });
    for (const { environment, statement } of providers) {
      sender.extend(environment, (fn) => {
        if (statement) fn.addToRolePolicy(statement);
      });
    }
  }
  /** Creates a function that receives events of providers. */
  const addEventFunction = (
    name: string,
    file: string,
    handler: string,
    access: readonly FunctionAccess[],
  ): ServiceFunction => {
    const fn = new ServiceFunction(stack, handler, {
      stage,
      name,
      entry: `functions/sms/${file}.handler.ts`,
      handler,
      environment: {
        SMS_LIMITS_TABLE: limits.tableName,
        ...pseudonyms.environment,
        ...Object.assign({}, ...access.map(({ environment }) => environment)),
      },
    });
    limits.allow(fn, 'PutItem', 'DeleteItem');
    pseudonyms.allow(fn);
    channels.allowSending(fn, [registrationReplies]);
    for (const { statement } of access) if (statement) fn.addToRolePolicy(statement);
    return fn;
  };
  const access = [{ environment: settings }, ...providers.flatMap(({ webhook }) => webhook ?? [])];
  const webhook = addEventFunction('sms-webhook', 'webhooks', 'webhook', access);
  api.addServiceRoute(stack, 'Webhook', smsWebhook, webhook);
  raiseAlarms(stack, { stage, topic: alarms, webhook });
  if (!events) return;
  const eventsFunction = addEventFunction('sms-events', 'aws-events', 'awsEvents', []);
  events.queue.deliverTo(eventsFunction, 'sms');
  raiseEventAlarms(stack, { stage, topic: alarms, events, eventsFunction });
}

interface AlarmProps {
  stage: Stage;
  topic: PhoneServiceProps['alarms'];
}

function raiseAlarms(scope: Construct, { stage, topic, webhook }: AlarmProps & { webhook: ServiceFunction }): void {
  const counters = [
    [
      'circuit-opened',
      'CircuitOpened',
      'The circuit of an SMS provider is open, because too many calls to the provider failed. The next provider sends the SMS, or SMS wait.',
    ],
    [
      'text-budget-nearly-spent',
      'TextBudgetNearlySpent',
      'Four fifths of the daily SMS limit are used. SMS above the limit are held.',
    ],
    ['texts-held', 'TextsHeld', 'SMS were held because of a limit. The cause is fraud, or a limit that is too low.'],
  ] as const;
  for (const [chapter, name, meaning] of counters) {
    const metric = serviceMetric(stage, 'sms-providers', name, 'Sum');
    raiseAlarm(scope, { stage, topic, chapter, metric, above: 0, minutes: 1, meaning });
  }
  const chapter = 'receipts-not-processed';
  const webhooks = (name: string) => serviceMetric(stage, 'sms-webhooks', name, 'Sum');
  raiseAlarm(scope, {
    stage,
    topic,
    chapter,
    of: 'sms-webhook',
    rollsBack: [webhook],
    // Anyone can call the webhook, so single refused calls are normal. Each call reports `proven` as 1 or 0, because
    // the expression has no result for a minute in which one of its metrics has no data.
    metric: new MathExpression({
      expression: 'IF(refused > 10 AND proven == 0, refused, 0)',
      usingMetrics: { refused: webhooks('WebhooksRefused'), proven: webhooks('WebhooksProven') },
      period: Duration.minutes(1),
    }),
    above: 0,
    meaning:
      'Every webhook call is refused, because none is authenticated as a call of the SMS provider. Either receipts and opt-outs are missing, or all calls come from other clients.',
  });
  raiseAlarm(scope, {
    stage,
    topic,
    chapter,
    of: 'sms-webhook-unreadable',
    rollsBack: [webhook],
    metric: webhooks('WebhooksUnreadable'),
    above: 0,
    minutes: 1,
    meaning:
      'An SMS provider sends webhook calls that differ from its documentation. Receipts and opt-outs are missing.',
  });
}

/** Adds the alarms about events of AWS End User Messaging. */
function raiseEventAlarms(
  scope: Construct,
  { stage, topic, events, eventsFunction }: AlarmProps & { events: SmsEvents; eventsFunction: ServiceFunction },
): void {
  const common = { stage, topic, chapter: 'receipts-not-processed', rollsBack: [eventsFunction] };
  const period = Duration.minutes(1);
  raiseAlarm(scope, {
    ...common,
    of: 'sms-events',
    metric: events.queue.metricApproximateAgeOfOldestMessage({ period }),
    above: 5 * 60,
    meaning: 'Receipts and opt-outs from AWS End User Messaging have waited for more than five minutes.',
  });
  raiseAlarm(scope, {
    ...common,
    of: 'sms-events-dlq',
    metric: events.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
    above: 0,
    meaning: 'Receipts or opt-outs from AWS End User Messaging are in the dead-letter queue.',
  });
}
