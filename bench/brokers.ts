import { Command } from 'commander';
import { printJson, printTable } from 'rollcall/internal/cli/output';
import { atLeast } from '../ops/demo/options.ts';
import { asynchronousInvocation, snsToSqs } from './brokers/embedded-cloud.ts';
import { directHttp } from './brokers/http.ts';
import { type Figures, measure } from './brokers/measure.ts';
import { rabbitMq } from './brokers/rabbitmq.ts';
import { NotAvailable } from './brokers/transport.ts';
import { zeroMq } from './brokers/zeromq.ts';

const { messages, json } = new Command('npm run bench:brokers --')
  .description(
    'Sends messages with 100 keys from one sender to four receivers, through transports with and without a broker. The benchmark takes at most eight minutes.',
  )
  .option('--messages <n>', 'number of messages at full speed', atLeast(1_000), 10_000)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ messages: number; json?: boolean }>();

const figures: Record<string, Figures | { notAvailable: string }> = {};
for (const type of [directHttp, asynchronousInvocation, zeroMq, snsToSqs, rabbitMq]) {
  try {
    figures[type.name] = await measure(type, messages);
  } catch (error) {
    if (!(error instanceof NotAvailable)) throw error;
    figures[type.name] = { notAvailable: error.message };
  }
}

const rowOf = ({ sent, perSecond, p50Ms, p99Ms, outOfOrder, missing, outage, ...copies }: Figures) => ({
  sent,
  'messages/s': perSecond,
  'p50 ms': p50Ms.toFixed(1),
  'p99 ms': p99Ms.toFixed(1),
  'out of order': outOfOrder,
  missing,
  'copies sent': copies.duplicatesSent,
  received: copies.duplicatesReceived,
  'lost with receivers down for 5 s': `${outage.lost} of ${outage.sent}`,
  'losses reported to the sender': outage.lostAfterRejection,
  'received twice': outage.receivedTwice,
});

if (json) printJson(figures);
else {
  const measured = Object.entries(figures).flatMap(([transport, result]) =>
    'notAvailable' in result ? [] : [{ transport, ...rowOf(result) }],
  );
  printTable(measured);
  for (const [transport, result] of Object.entries(figures))
    if ('notAvailable' in result) console.log(`${transport} did not run: ${result.notAvailable}`);
}
