import { Command } from 'commander';
import pc from 'picocolors';
import { isLacking } from '../reconcile/classify.ts';
import { type Mended, mend } from '../reconcile/mend.ts';
import { type Numbered, numberedOf } from '../reconcile/numbered.ts';
import { type Count, type Report, reportOf } from '../reconcile/report.ts';
import type { Stage } from '../stage/stage.ts';
import { atLeastOne, onStage } from './command.ts';
import { confirm } from './confirm.ts';
import { moment } from './moment.ts';
import { printJson, printTable, progressBar } from './output.ts';

interface ReconcileOptions {
  mend?: boolean;
  since?: Date;
  limit: number;
  yes?: boolean;
}

export const reconcile = new Command('reconcile')
  .description('compares what a service has published with what each consumer holds, as after a restored table')
  .option('--mend', 'mend what can be mended; what only a person can decide is told')
  .option(
    '--since <time>',
    'with --mend: read the archive again from this time, or so long ago; default: all of it',
    moment,
  )
  .option('--limit <n>', 'show so many of each kind', atLeastOne, 10)
  .option('--yes', 'do not ask')
  .addHelpText(
    'after',
    '\nExit code 1: something differs, or still does after it was mended.\nExample: npm run ops -- reconcile',
  )
  .action(
    onStage<ReconcileOptions, []>(async (stage, { mend: mends, since, limit, yes, json, folder }) => {
      const all = numberedOf(folder.aggregates ?? [], await stage.templates());
      let report = await compared(stage, all, limit);
      let mended: Mended | undefined;
      if (mends && report.counts.some((count) => count.mends)) {
        if (!json) print(report);
        await confirm(consequencesOf(report.counts), yes);
        mended = await mendShowing(stage, all, since);
        if (!json) printMended(mended);
        report = await compared(stage, all, limit);
      }
      process.exitCode = report.consistent ? 0 : 1;
      if (json) printJson({ ...report, ...(mended && { mended }) });
      else print(report);
    }),
  );

async function compared(stage: Stage, all: readonly Numbered[], limit: number): Promise<Report> {
  const bar = progressBar(undefined, 'items compared');
  return stage.ask(() => reportOf(stage, all, limit, bar.update)).finally(() => bar.stop());
}

async function mendShowing(stage: Stage, all: readonly Numbered[], since: Date | undefined): Promise<Mended> {
  const bar = progressBar(undefined, '');
  return mend(stage, all, { ...(since && { since }), onStep: (step) => bar.update(0, step) }).finally(() => bar.stop());
}

/** What whoever confirms should know. */
function consequencesOf(counts: readonly Count[]): string {
  const sum = (some: readonly Count[]) => some.reduce((total, { subjects }) => total + subjects, 0);
  const raised = counts.filter(({ kind }) => kind === 'ahead' || kind === 'other-state');
  const lacking = counts.filter(({ kind, mends }) => mends && isLacking(kind));
  const consumers = [...new Set(lacking.map(({ consumer }) => consumer))].join(', ');
  const steps = [
    'What is committed is published.',
    ...(raised.length > 0
      ? [`At most ${sum(raised)} versions are raised, and the states told to all consumers again.`]
      : []),
    ...(lacking.length > 0
      ? [
          `${consumers} read the archive again; what is not in it is told from the state. What they have lost they do again, calls of providers included.`,
        ]
      : []),
  ];
  return steps.join(' ');
}

function printMended({ published, raised, replayed, notReplayed, toldAgain }: Mended): void {
  console.log(`${published} published, ${raised} versions raised, ${toldAgain} versions told again from the state`);
  if (replayed.length > 0) console.log(`read again: ${replayed.join(', ')}`);
  for (const { consumer, because } of notReplayed) console.log(pc.yellow(`${consumer} was not read to: ${because}`));
}

function print({ counts, differences, subjects, cursors, onTheirWay, consistent }: Report): void {
  printTable(
    counts.map(({ channel, mends, ...count }) => ({
      ...count,
      remedy: mends ? `--mend: ${count.remedy}` : count.remedy,
    })),
  );
  if (differences.length > 0) console.log('');
  printTable(
    differences.map(({ consumer, kind, aggregate, version, applied, lost, parked }) => ({
      ...{ consumer, kind, aggregate, version: version ?? 'none', applied: applied ?? 'none' },
      ...{ lost: lost ?? '', parked: parked?.join(', ') ?? '' },
    })),
  );
  for (const { queue, messages } of onTheirWay)
    console.log(pc.yellow(`${messages} messages wait in ${queue}: what is behind may be among them.`));
  const listed = (what: Record<string, number>) =>
    Object.entries(what)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  console.log(pc.dim(`compared: ${listed(subjects)}; cursors: ${listed(cursors)}`));
  if (consistent) console.log(pc.green('Everything agrees.'));
}
