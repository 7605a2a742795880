import { Command } from 'commander';
import pc from 'picocolors';
import { lacksVersions } from '../reconcile/classify.ts';
import { type Mended, mend } from '../reconcile/mend.ts';
import { type Count, type Report, reportOf } from '../reconcile/report.ts';
import { type VersionedChannel, versionedChannels } from '../reconcile/versioned-channels.ts';
import type { StageClient } from '../stage/stage.ts';
import { atLeastOne, onStage } from './command.ts';
import { confirm } from './confirm.ts';
import { printJson, printTable, progressBar } from './output.ts';
import { parseTime } from './parse-time.ts';

interface ReconcileOptions {
  mend?: boolean;
  since?: Date;
  limit: number;
  yes?: boolean;
}

export const reconcile = new Command('reconcile')
  .description(
    'compare the published versions with those that each consumer has applied, for example after restoring a table',
  )
  .option('--mend', 'repair the differences that can be repaired; list those that an operator must decide')
  .option(
    '--since <time>',
    'with --mend: replay the archive from this time, or from a duration before now; default: the whole archive',
    parseTime,
  )
  .option('--limit <n>', 'maximum number of differences shown per kind', atLeastOne, 10)
  .option('--yes', 'do not ask for confirmation')
  .addHelpText(
    'after',
    '\nExit code 1: differences exist, or remain after the repair.\nExample: npm run ops -- reconcile',
  )
  .action(
    onStage<ReconcileOptions, []>(async (stage, { mend: mayMend, since, limit, yes, json, folder }) => {
      const all = versionedChannels(folder.aggregates ?? [], await stage.templates());
      let report = await compareWithProgress(stage, all, limit);
      let mended: Mended | undefined;
      if (mayMend && report.counts.some((count) => count.mends)) {
        if (!json) print(report);
        await confirm(consequencesOf(report.counts), yes);
        mended = await mendWithProgress(stage, all, since);
        if (!json) printMended(mended);
        report = await compareWithProgress(stage, all, limit);
      }
      process.exitCode = report.consistent ? 0 : 1;
      if (json) printJson({ ...report, ...(mended && { mended }) });
      else print(report);
    }),
  );

async function compareWithProgress(
  stage: StageClient,
  all: readonly VersionedChannel[],
  limit: number,
): Promise<Report> {
  const bar = progressBar(undefined, 'items compared');
  return stage.ask(() => reportOf(stage, all, limit, bar.update)).finally(() => bar.stop());
}

async function mendWithProgress(
  stage: StageClient,
  all: readonly VersionedChannel[],
  since: Date | undefined,
): Promise<Mended> {
  const bar = progressBar(undefined, '');
  return mend(stage, all, { ...(since && { since }), onStep: (step) => bar.update(0, step) }).finally(() => bar.stop());
}

/** The consequences of the repair, which the operator confirms before it starts. */
function consequencesOf(counts: readonly Count[]): string {
  const sum = (some: readonly Count[]) => some.reduce((total, { subjects }) => total + subjects, 0);
  const raised = counts.filter(({ kind }) => kind === 'ahead' || kind === 'other-state');
  const lacking = counts.filter(({ kind, mends }) => mends && lacksVersions(kind));
  const consumers = [...new Set(lacking.map(({ consumer }) => consumer))].join(', ');
  const steps = [
    'Committed messages are published.',
    ...(raised.length > 0
      ? [`At most ${sum(raised)} versions are raised, and their states are published again to all consumers.`]
      : []),
    ...(lacking.length > 0
      ? [
          `The archive is replayed to ${consumers}. Versions that it does not contain are published again with the current state. Lost work is repeated, including provider calls.`,
        ]
      : []),
  ];
  return steps.join(' ');
}

function printMended({ published, raised, replayed, notReplayed, toldAgain }: Mended): void {
  console.log(
    `${published} published, ${raised} versions raised, ${toldAgain} versions published again with the current state`,
  );
  if (replayed.length > 0) console.log(`archive replayed to: ${replayed.join(', ')}`);
  for (const { consumer, because } of notReplayed) console.log(pc.yellow(`no replay to ${consumer}: ${because}`));
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
    console.log(pc.yellow(`${messages} messages are in ${queue}: missing versions may be among them.`));
  const listed = (what: Record<string, number>) =>
    Object.entries(what)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  console.log(pc.dim(`compared: ${listed(subjects)}; cursors: ${listed(cursors)}`));
  if (consistent) console.log(pc.green('No differences.'));
}
