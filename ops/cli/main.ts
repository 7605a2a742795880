import { createInterface } from 'node:readline/promises';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import type { ParkedMessage } from '../../shared/messaging/subscriber-store.ts';
import { age, printTable, progressBar } from './output.ts';
import { redrive } from './redrive.ts';
import { OperatorError, openStage, type Stage } from './stage.ts';

interface Common {
  stage?: string;
  endpoint?: string;
  json?: boolean;
}

const EMBEDDED_CLOUD = 'http://127.0.0.1:4566';

/** Without `--stage` or `--endpoint` it is the embedded cloud, so that nobody changes an account by mistake. */
function stageOf({ stage = 'dev', endpoint }: Common, isNamed: boolean): Stage {
  const url = endpoint ?? process.env.AWS_ENDPOINT_URL ?? (isNamed ? undefined : EMBEDDED_CLOUD);
  return openStage({ name: stage, ...(url && { endpoint: url }) });
}

const program = new Command('npm run ops --')
  .description('Looks after a stage of Rollcall: an embedded cloud, LocalStack or an account.')
  .option(
    '--stage <name>',
    "a stage of the account that your AWS credentials and region mean; without it: the embedded cloud's",
  )
  .option('--endpoint <url>', `AWS endpoint, if it is no account (default: AWS_ENDPOINT_URL, or ${EMBEDDED_CLOUD})`)
  .option('--json', 'print JSON and nothing else')
  .configureHelp({ showGlobalOptions: true });

/** Gives an action its stage, and tells the options that all commands share from its own. */
const onStage =
  <Own extends object, Args extends unknown[]>(
    action: (stage: Stage, options: Own & Common, ...args: Args) => Promise<void>,
  ) =>
  async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<Own & Common>();
    await action(stageOf(options, options.stage !== undefined), options, ...(given.slice(0, -2) as Args));
  };

function version(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('It must be a whole number.');
}

async function parkedIn(stage: Stage, subscribers: readonly string[], matches: (parked: ParkedMessage) => boolean) {
  const found: Array<ParkedMessage & { subscriber: string }> = [];
  for (const subscriber of subscribers) {
    for await (const page of stage.parked(subscriber)) {
      found.push(...page.filter(matches).map((parked) => ({ subscriber, ...parked })));
    }
  }
  return found.sort((a, b) => a.parkedAt.localeCompare(b.parkedAt) || a.version - b.version);
}

/** What is below the baseline can only be discarded; what nobody could read is redriven by the name of its queue. */
const isRedrivable = ({ reason }: ParkedMessage) => reason !== 'unreadable' && reason !== 'below-baseline';

/** @throws {OperatorError} that names the subscribers there are */
async function subscriberNamed(stage: Stage, name: string): Promise<string> {
  const names = await stage.subscribers();
  if (names.includes(name)) return name;
  throw new OperatorError(`There is no subscriber "${name}"; there are: ${names.join(', ')}.`);
}

async function confirm(question: string, yes: boolean | undefined): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new OperatorError(`${question} Say so with --yes.`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`${question} [y/N] `);
  asking.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new OperatorError('Nothing was done.');
}

const parked = program.command('parked').description('messages that a subscriber has set aside');

parked
  .command('list')
  .description('what is parked, the oldest first')
  .option('--subscriber <name>', 'only of this one')
  .option('--reason <reason>', 'only these: failed, retry, gap, below-baseline or unreadable')
  .addHelpText('after', '\nExample: npm run ops -- parked list --subscriber sms --reason failed')
  .action(
    onStage<{ subscriber?: string; reason?: string }, []>(async (stage, { subscriber, reason, json }) => {
      const subscribers = subscriber ? [await subscriberNamed(stage, subscriber)] : await stage.subscribers();
      const found = await parkedIn(stage, subscribers, (one) => reason === undefined || one.reason === reason);
      if (json) return printTable(found, { json, empty: '' });
      const now = new Date();
      printTable(
        found.map((one) => ({
          subscriber: one.subscriber,
          aggregate: one.aggregateId,
          version: one.version || one.messageId,
          reason: one.reason,
          attempts: one.attempts,
          parked: age(one.parkedAt, now),
          error: (one.error ?? '').slice(0, 80),
        })),
        { empty: 'Nothing is parked.' },
      );
    }),
  );

parked
  .command('show')
  .description('all that is known of what is parked, or was discarded, of one aggregate; or under a queue')
  .argument('<subscriber>')
  .argument('<aggregate>', 'member id, or the name of a queue for messages that name no member')
  .argument('[version]', 'only this version', version)
  .addHelpText('after', '\nExample: npm run ops -- parked show sms rollcall-dev-sms.fifo')
  .action(
    onStage<object, [string, string, number | undefined]>(async (stage, { json }, subscriber, aggregate, only) => {
      const all = await stage.parkedOf(await subscriberNamed(stage, subscriber), aggregate);
      const found = all.filter((one) => only === undefined || one.version === only);
      if (found.length === 0) throw new OperatorError(`${subscriber} has nothing of ${aggregate} parked or discarded.`);
      if (json) {
        console.log(JSON.stringify(found, null, 2));
        return;
      }
      for (const { body, ...about } of found) {
        const width = Math.max(...Object.keys(about).map((name) => name.length));
        for (const [name, value] of Object.entries(about)) console.log(`${pc.dim(name.padEnd(width))}  ${value}`);
        console.log(`${pretty(body)}\n`);
      }
    }),
  );

parked
  .command('redrive')
  .description(
    'apply what is parked, also what failed for good: each aggregate in order, one aggregate first as a canary',
  )
  .argument('<subscriber>')
  .argument('[aggregates...]', 'member ids, or the name of a queue')
  .option('--all', 'everything that is parked under a member')
  .addHelpText(
    'after',
    '\nCtrl-C stops it; what was applied stays applied, and running it again goes on.\nExample: npm run ops -- parked redrive sms --all',
  )
  .action(
    onStage<{ all?: boolean }, [string, string[]]>(async (stage, { all, json }, subscriber, given) => {
      if (Boolean(all) === given.length > 0) throw new OperatorError('Name aggregates, or say --all.');
      await subscriberNamed(stage, subscriber);
      const found = all ? await parkedIn(stage, [subscriber], isRedrivable) : [];
      const aggregates = all ? [...new Set(found.map(({ aggregateId }) => aggregateId))] : given;
      const bar = progressBar(aggregates.length, 'aggregates');
      const interrupted = new AbortController();
      process.once('SIGINT', () => interrupted.abort());
      const { signal } = interrupted;
      const summary = await redrive(stage, subscriber, aggregates, { onProgress: (done) => bar.update(done), signal });
      bar.stop();
      const isDone = summary.failures.length + summary.unknown.length + summary.left === 0;
      process.exitCode = isDone ? 0 : 1;
      if (json) {
        console.log(JSON.stringify(summary, null, 2));
        return;
      }
      for (const { aggregateId, version: at, error } of summary.failures) {
        console.log(pc.red(`${aggregateId}${at ? ` version ${at}` : ''}: ${error}`));
      }
      const { applied, waiting, forPerson, left } = summary;
      console.log(`${applied} applied, ${waiting} wait for their turn, ${forPerson} wait for a person`);
      if (left > 0)
        console.log(
          pc.yellow(
            signal.aborted ? `stopped: ${left} aggregates left` : `the canary failed: ${left} aggregates not tried`,
          ),
        );
    }),
  );

parked
  .command('discard')
  .description('skip one version on purpose, without its effect; message and reason are kept')
  .argument('<subscriber>')
  .argument('<aggregate>', 'member id, or the name of a queue')
  .argument('<version>', 'version; or, under a queue, the message id that `parked list` shows')
  .requiredOption('--because <reason>', 'why: it is kept with the message')
  .option('--yes', 'do not ask')
  .addHelpText('after', '\nExample: npm run ops -- parked discard sms 0199… 1 --because "test entry" --yes')
  .action(
    onStage<{ because: string; yes?: boolean }, [string, string, string]>(
      async (stage, { because, yes, json }, subscriber, aggregateId, place) => {
        await subscriberNamed(stage, subscriber);
        const number = /^\d+$/.test(place) ? Number(place) : 0;
        const key = { aggregateId, version: number, messageId: number === 0 ? place : '' };
        await confirm(
          `${subscriber} will never apply ${number === 0 ? `message ${place}` : `version ${place} of ${aggregateId}`}.`,
          yes,
        );
        const answer = await stage.askParking(subscriber, { discard: key, because });
        if ('refused' in answer) throw new OperatorError(answer.refused);
        console.log(json ? JSON.stringify(answer) : 'Discarded.');
      },
    ),
  );

const outbox = program.command('outbox').description('messages that are committed and not yet published');

outbox
  .command('list')
  .description('what waits to be published, the oldest first')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const rows = (await Array.fromAsync(stage.outbox())).flat();
      rows.sort((a, b) => a.committedAt.localeCompare(b.committedAt) || a.version - b.version);
      if (json) return printTable(rows, { json, empty: '' });
      const now = new Date();
      printTable(
        rows.map(({ aggregateId, version: number, type, committedAt, body }) => ({
          aggregate: aggregateId,
          version: number,
          type,
          committed: age(committedAt, now),
          bytes: Buffer.byteLength(body),
        })),
        { empty: 'Everything is published.' },
      );
    }),
  );

outbox
  .command('publish')
  .description('publish what waits, now')
  .argument('[aggregates...]', 'only of these members; without any: everything')
  .action(
    onStage<object, [string[]]>(async (stage, { json }, aggregates) => {
      const report = await stage.publish(aggregates.length > 0 ? aggregates : undefined);
      process.exitCode = report.failedAggregates > 0 ? 1 : 0;
      if (json) {
        console.log(JSON.stringify(report, null, 2));
        return;
      }
      for (const { aggregateId, error } of report.failed) console.log(pc.red(`${aggregateId}: ${error}`));
      console.log(`${report.published} published, ${report.failedAggregates} aggregates left`);
    }),
  );

program
  .command('queues')
  .description('how many messages wait in each queue')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const states = await stage.queues();
      printTable(states, { ...(json && { json }), empty: 'There are no queues.' });
    }),
  );

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

try {
  await program.parseAsync();
} catch (error) {
  const { name, message } = error as Error & { code?: string };
  const isConnection = (error as { code?: string }).code === 'ECONNREFUSED' || /ECONNREFUSED/.test(message);
  if (isConnection)
    console.error(pc.red('Nothing answers there. Is it running (npm start)? For an account, name its --stage.'));
  else if (error instanceof OperatorError) console.error(pc.red(message));
  else console.error(pc.red(`${name}: ${message}`));
  process.exitCode = 1;
}
