import { parkedReasons } from '@rollcall/kit/internal/messaging/parked';
import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import type { App } from '../app-definition.ts';
import { OperatorError } from '../stage/errors.ts';
import { eventForDisplay } from '../stage/event-for-display.ts';
import { normalizeId } from '../stage/ids.ts';
import { withData } from '../stage/large.ts';
import { aggregatesToRedrive, redrivableReasons } from '../stage/redrivable.ts';
import { redrive } from '../stage/redrive.ts';
import type { StageClient } from '../stage/stage.ts';
import { onStopSignal } from '../stop-signals.ts';
import { atLeastOne, onStage, subscriberNamed, UsageError } from './command.ts';
import { confirm } from './confirm.ts';
import { age, printJson, printTable, progressBar, sanitize } from './output.ts';

type SubscriberMessage = ParkedMessage & { subscriber: string };

async function parkedIn(
  stage: StageClient,
  subscribers: readonly string[],
  reason?: string,
): Promise<SubscriberMessage[]> {
  const found: SubscriberMessage[] = [];
  for (const subscriber of subscribers) {
    for await (const page of stage.parked(subscriber)) {
      for (const parked of page) if (!reason || parked.reason === reason) found.push({ subscriber, ...parked });
    }
  }
  return found.sort((a, b) => a.parkedAt.localeCompare(b.parkedAt) || a.version - b.version);
}

/** The version of a message. A message that is parked as unreadable has no version, so its id is returned. */
const versionOrId = ({ version, messageId }: ParkedMessage) => (version === 0 ? messageId : version);

function printMessages(found: readonly SubscriberMessage[], limit: number): void {
  const now = new Date();
  const shown = found.slice(0, limit).map((one) => ({
    subscriber: one.subscriber,
    aggregate: one.aggregateId,
    version: versionOrId(one),
    reason: one.reason,
    attempts: one.attempts,
    parked: age(one.parkedAt, now),
    error: (one.error ?? '').slice(0, 80),
  }));
  printTable(shown);
  const kinds = Map.groupBy(found, ({ subscriber, reason }) => `${subscriber} ${reason}`);
  const counts = [...kinds].map(([kind, all]) => `${all.length} ${kind}`).join(', ');
  console.log(pc.dim(`${found.length > limit ? `the oldest ${limit} of ${found.length}: ` : ''}${counts}`));
}

const list = new Command('list')
  .description('list parked messages, the oldest first')
  .option('--subscriber <name>', 'only messages of this subscriber')
  .addOption(new Option('--reason <reason>', 'only messages that are parked for this reason').choices(parkedReasons))
  .option('--limit <n>', 'maximum number of rows; --json shows all', atLeastOne, 50)
  .addHelpText('after', '\nExample: npm run ops -- parked list --subscriber fulfilment --reason failed')
  .action(
    onStage<{ subscriber?: string; reason?: string; limit: number }, []>(async (stage, options) => {
      const { subscriber, reason, limit, json } = options;
      const subscribers = subscriber ? [await subscriberNamed(stage, subscriber)] : await stage.subscribers();
      const found = await parkedIn(stage, subscribers, reason);
      if (json) printJson(found);
      else if (found.length > 0) printMessages(found, limit);
      else console.log(pc.dim(reason || subscriber ? 'No message of this kind is parked.' : 'No message is parked.'));
    }),
  );

const show = new Command('show')
  .description('show all details of the parked and discarded messages of one aggregate or one queue')
  .argument('<subscriber>')
  .argument(
    '<aggregate>',
    'id of the aggregate; for messages that are parked as unreadable, the name of their queue',
    normalizeId,
  )
  .argument('[version]', 'only this version; for a queue, only the message with this id')
  .addHelpText('after', '\nExample: npm run ops -- parked show fulfilment shop-dev-fulfilment.fifo')
  .action(
    onStage<object, [string, string, string | undefined]>(
      async (stage, { json, folder }, subscriber, aggregate, only) => {
        const all = await stage.parkedOf(await subscriberNamed(stage, subscriber), aggregate);
        const found = all.filter((one) => only === undefined || String(versionOrId(one)) === only);
        if (found.length === 0) {
          const what = only === undefined ? aggregate : `${aggregate} ${only}`;
          throw new OperatorError(`${subscriber} has no parked or discarded message of ${what}.`);
        }
        const whole = await Promise.all(found.map((one) => withData(stage, subscriber, one)));
        if (json) printJson(whole);
        else for (const one of whole) printMessage(one, folder.messages);
      },
    ),
  );

function printMessage({ body, ...about }: ParkedMessage, contracts: App['messages']): void {
  const width = Math.max(...Object.keys(about).map((name) => name.length));
  for (const [name, value] of Object.entries(about))
    console.log(`${pc.dim(name.padEnd(width))}  ${sanitize(String(value))}`);
  console.log(`${pretty(body, contracts).split('\n').map(sanitize).join('\n')}\n`);
}

function pretty(body: string, contracts: App['messages']): string {
  const event = eventForDisplay(body, contracts);
  return event ? JSON.stringify(event, null, 2) : body;
}

const redriveCommand = new Command('redrive')
  .description(
    'apply parked messages again, including permanently failed ones: each aggregate in order, and one aggregate first as a canary',
  )
  .argument('<subscriber>')
  .argument('[aggregates...]', 'ids of aggregates, or the name of a queue')
  .option('--all', 'all aggregates with parked messages, failed ones first; held messages stay parked')
  .addOption(
    new Option(
      '--reason <reason>',
      'with --all: only messages parked for this reason; "held" releases held messages',
    ).choices(redrivableReasons),
  )
  .addHelpText(
    'after',
    '\nCtrl-C stops the redrive. Applied messages stay applied, and the next run continues. Exit code 1: some aggregates failed\nagain, were not tried, or have no parked messages.\nExample: npm run ops -- parked redrive fulfilment --all',
  )
  .action(
    onStage<{ all?: boolean; reason?: string }, [string, string[]]>(async (stage, options, subscriber, given) => {
      const { all, reason, json } = options;
      if (Boolean(all) === given.length > 0) throw new UsageError('Name aggregates, or pass --all.');
      if (reason && !all)
        throw new UsageError('--reason requires --all: if you name an aggregate, all of its messages are applied.');
      await subscriberNamed(stage, subscriber);
      // If an aggregate is named, its held messages are released too.
      const release = !all || reason === 'held';
      const aggregates = all
        ? aggregatesToRedrive(await parkedIn(stage, [subscriber]), { reason, release })
        : given.map(normalizeId);
      const interrupted = new AbortController();
      onStopSignal(() => interrupted.abort());
      const { signal } = interrupted;
      const bar = progressBar(aggregates.length, 'aggregates');
      const summary = await redrive(stage, subscriber, aggregates, {
        release,
        onProgress: (done) => bar.update(done),
        signal,
      }).finally(() => bar.stop());
      const { applied, obsolete, waiting, forPerson, failures, unknown, left } = summary;
      process.exitCode = failures.length + unknown.length + left === 0 ? 0 : 1;
      if (json) return printJson(summary);
      for (const { aggregateId, version, error } of failures) {
        console.log(pc.red(`${aggregateId}${version ? ` version ${version}` : ''}: ${error}`));
      }
      for (const aggregateId of unknown) console.log(pc.yellow(`${aggregateId}: no parked messages`));
      if (obsolete > 0)
        console.log(`${obsolete} removed, because they were already applied or their aggregate is erased`);
      console.log(`${applied} applied, ${waiting} still wait, ${forPerson} need an operator`);
      const why = signal.aborted ? 'stopped' : 'stopped, because messages failed again';
      if (left > 0) console.log(pc.yellow(`${why}: ${left} aggregates not tried`));
    }),
  );

function parseReason(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('A reason is required.');
}

const discard = new Command('discard')
  .description('skip one version deliberately, without its effect; the message and the reason are kept')
  .argument('<subscriber>')
  .argument('<aggregate>', 'id of the aggregate, or the name of a queue', normalizeId)
  .argument(
    '<version>',
    'the version, even if its message never arrived; for a queue, the id of the message as `parked list` shows it',
  )
  .requiredOption('--because <reason>', 'the reason, which is kept with the message', parseReason)
  .option('--message <id>', 'the message id, if several messages have this version')
  .option('--yes', 'do not ask for confirmation')
  .addHelpText('after', '\nExample: npm run ops -- parked discard fulfilment 0199… 1 --because "test entry" --yes')
  .action(
    onStage<{ because: string; message?: string; yes?: boolean }, [string, string, string]>(
      async (stage, { because, message, yes, json }, subscriber, aggregateId, versionOrMessageId) => {
        await subscriberNamed(stage, subscriber);
        const version = /^\d+$/.test(versionOrMessageId) ? Number(versionOrMessageId) : 0;
        const messageId = version === 0 ? versionOrMessageId : message;
        const what =
          version === 0 ? `message ${versionOrMessageId}` : `version ${versionOrMessageId} of ${aggregateId}`;
        await confirm(`${subscriber} will never apply ${what}.`, yes);
        const answer = await stage.sendParkingRequest(subscriber, {
          discard: { aggregateId, version, ...(messageId && { messageId }) },
          because,
        });
        if ('refused' in answer) throw new OperatorError(answer.refused);
        if (json) printJson(answer);
        else console.log('Discarded.');
      },
    ),
  );

export const parked = new Command('parked').description('messages that a subscriber has parked');
for (const command of [list, show, redriveCommand, discard]) parked.addCommand(command);
