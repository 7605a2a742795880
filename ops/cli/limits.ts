import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { Command } from 'commander';
import pc from 'picocolors';
import { onStage } from 'rollcall/internal/cli/command';
import { printJson, printTable } from 'rollcall/internal/cli/output';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { deployedLimits } from './deployed-limits.ts';

async function smsToday(stage: StageClient): Promise<number> {
  const pk = `day#${new Date().toISOString().slice(0, 10)}`;
  const { Item } = await stage.dynamodb.send(
    new GetCommand({ TableName: stage.table('sms-limits'), Key: { pk }, ConsistentRead: true }),
  );
  return Item?.texts ?? 0;
}

async function heldIn(stage: StageClient, subscriber: string): Promise<number> {
  let held = 0;
  for await (const page of stage.parked(subscriber)) held += page.filter(({ reason }) => reason === 'held').length;
  return held;
}

export const limits = new Command('limits')
  .description('show limits, their usage, and held messages')
  .addHelpText(
    'after',
    '\nTo list held messages: npm run ops -- parked list --reason held\nTo release them: npm run ops -- parked redrive sms --all --reason held; for commands, replace sms by sms-commands\nExample: npm run ops -- limits',
  )
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const { perSecond, routes, registrations, concurrency, sms } = deployedLimits(
        await stage.resources(),
        stage.table(''),
      );
      const [today, ...held] = await stage.ask(() =>
        Promise.all([smsToday(stage), heldIn(stage, 'sms'), heldIn(stage, 'sms-commands')]),
      );
      const rate = ({ burst, perMinute }: { burst: number; perMinute: number }) =>
        `${perMinute} a minute, bursts of ${burst}`;
      const rows = [
        { limit: 'API requests', setting: `${perSecond} a second` },
        ...routes.map(([route, most]) => ({ limit: route, setting: `${most} a second` })),
        { limit: 'registrations of a caller', setting: rate(registrations.caller) },
        { limit: 'registrations of a phone', setting: rate(registrations.phone) },
        { limit: 'types of phones that may register', setting: registrations.phoneTypes.join(' ') },
        ...concurrency.map(([name, most]) => ({ limit: `concurrent batches of ${name}`, setting: String(most) })),
        { limit: 'SMS to a provider', setting: sms.perMinute === null ? 'no limit' : `${sms.perMinute} a minute` },
        { limit: 'countries of SMS', setting: sms.countries === 'all' ? 'all' : sms.countries.join(' ') },
        { limit: 'SMS to a phone', setting: `${sms.perPhoneAndHour} an hour` },
        { limit: 'SMS to a country', setting: `${sms.perCountryAndMinute} a minute` },
        { limit: 'SMS', setting: `${sms.perDay} a day`, used: today },
      ];
      const heldTexts = held.reduce((sum, count) => sum + count, 0);
      if (json) return printJson({ limits: rows, heldTexts });
      printTable(rows.map((row) => ({ ...row, used: 'used' in row ? row.used : '' })));
      console.log(heldTexts > 0 ? pc.yellow(`${heldTexts} SMS are held.`) : pc.dim('No SMS is held.'));
    }),
  );
