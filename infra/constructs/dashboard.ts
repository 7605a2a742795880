import { type RollcallApp, serviceMetric } from '@rollcall/cdk';

import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { GraphWidgetType } from 'cdk-monitoring-constructs';
import type { Stage } from '../stages.ts';

type DashboardOptions = NonNullable<Parameters<RollcallApp['finish']>[0]>;
type Dashboard = Parameters<NonNullable<DashboardOptions['more']>>[0];

const period = Duration.minutes(1);

// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch replaces the placeholders.
const BY_PROVIDER_AND_COUNTRY = "${PROP('Dim.provider')} ${PROP('Dim.country')}";

/** The dashboard's widgets about registrations and SMS (docs/observability.md). */
export const dashboardOf = (stage: Stage): DashboardOptions => ({
  about: {
    heading: 'Registrations and API',
    requests: 'Requests and registrations',
    metrics: [serviceMetric(stage, 'registration', 'Registrations', 'Sum')],
  },
  more: (dashboard) => {
    showSms(dashboard, stage);
    // The events of AWS End User Messaging arrive through a queue.
    const queue = `${stage.app}-${stage.name}-sms-events`;
    if (stage.sms.providers.includes('aws')) dashboard.showQueue(queue, `${queue}-dlq`);
  },
});

function showSms(dashboard: Dashboard, stage: Stage): void {
  const service = 'sms-providers';
  const sent = `SEARCH('{${dashboard.namespace},service,provider,country} MetricName="TextsSent"', 'Sum', ${period.toSeconds()})`;
  dashboard.board.addLargeHeader('SMS');
  dashboard.show('SMS providers', [
    {
      title: 'Sent, by provider and country',
      graphWidgetType: GraphWidgetType.STACKED_AREA,
      metrics: [new MathExpression({ expression: sent, label: BY_PROVIDER_AND_COUNTRY, period })],
    },
    {
      title: 'Sent since the start of the time range, and the daily limit',
      metrics: [new MathExpression({ expression: `RUNNING_SUM(SUM(${sent}))`, label: 'SMS', period })],
      horizontalAnnotations: [{ value: stage.sms.perDay, label: 'perDay' }],
    },
    {
      title: 'Circuits: 0 closed, 2 open',
      metrics: [
        // The circuit reports this metric only when its state changes.
        ...stage.sms.providers.map(
          (provider) =>
            new MathExpression({
              expression: `FILL(${provider}, REPEAT)`,
              usingMetrics: {
                [provider]: dashboard.metric(service, 'CircuitState', 'Maximum', { circuit: `sms-${provider}` }),
              },
              label: `sms-${provider}`,
              period,
            }),
        ),
        dashboard.metric(service, 'CircuitOpened', 'Sum'),
        dashboard.metric(service, 'CircuitClosed', 'Sum'),
      ],
    },
    {
      title: 'Receipts and webhook calls',
      metrics: [
        ...['TextsDelivered', 'TextsUndelivered', 'ProviderEventsIgnored'],
        ...['WebhooksProven', 'WebhooksRefused', 'WebhooksUnreadable'],
      ].map((name) => dashboard.metric('sms-webhooks', name, 'Sum')),
    },
    {
      title: 'Opt-outs and opt-ins',
      metrics: ['OptOuts', 'OptIns'].map((name) => dashboard.metric('sms-webhooks', name, 'Sum')),
    },
    {
      title: 'SMS that were held, or not sent because of an opt-out, and warnings about the daily limit',
      metrics: ['TextsHeld', 'TextBudgetNearlySpent', 'TextsOptedOut'].map((name) =>
        dashboard.metric(service, name, 'Sum'),
      ),
    },
  ]);
}
