import { Command } from 'commander';
import pc from 'picocolors';
import * as deployment from '../stage/doctor/deployment.ts';
import { enforcement } from '../stage/doctor/enforcement.ts';
import * as environment from '../stage/doctor/environment.ts';
import { type Check, examine, type Finding, type Verdict } from '../stage/doctor/examination.ts';
import * as messages from '../stage/doctor/messages.ts';
import { onStage } from './command.ts';
import { withCommandNames } from './command-names.ts';
import { printJson, sanitize } from './output.ts';

const CHECKS: Record<string, Check> = {
  region: environment.region,
  clock: environment.clock,
  permissions: environment.permissions,
  stacks: deployment.stacks,
  versions: deployment.versions,
  runtime: deployment.runtime,
  'event sources': deployment.eventSources,
  expiry: deployment.expiry,
  secrets: environment.secrets,
  'token issuer': environment.tokenIssuer,
  enforcement,
  backlogs: messages.backlogs,
  'dead letters': messages.deadLetters,
  outbox: messages.outbox,
  parked: messages.parked,
  circuits: messages.circuits,
  switches: messages.switches,
  alarms: environment.alarms,
  'alarm mail': environment.alarmMail,
};

const MARKS: Record<Verdict, string> = {
  ok: pc.green('ok'.padEnd(7)),
  warning: pc.yellow('warning'),
  failed: pc.red('failed'.padEnd(7)),
  'not checked': pc.dim('–'.padEnd(7)),
};

const WIDTH = Math.max(...Object.keys(CHECKS).map((name) => name.length));

/** Replaces npm scripts in the remedy with `rollcall` commands if the user runs an installed `rollcall`. */
const withRemedyCommands = (finding: Finding): Finding =>
  finding.remedy === undefined ? finding : { ...finding, remedy: withCommandNames(finding.remedy) };

function print({ check, verdict, found, remedy }: Finding): void {
  const text = sanitize(found);
  console.log(`${MARKS[verdict]}  ${check.padEnd(WIDTH)}  ${verdict === 'not checked' ? pc.dim(text) : text}`);
  if (remedy) console.log(`${' '.repeat(9 + WIDTH + 2)}${pc.dim('what to do:')} ${sanitize(remedy)}`);
}

export const doctor = new Command('doctor')
  .description('examine the stage: list problems and their remedies')
  .addHelpText(
    'after',
    '\nExit code 1: a check failed; warnings do not count.\nExample: npm run ops -- doctor --stage prod',
  )
  .action(
    onStage<object, []>(async (stage, { json, folder }) => {
      const findings = (await examine(CHECKS, { stage, version: folder.version, now: new Date() })).map(
        withRemedyCommands,
      );
      const failures = findings.filter(({ verdict }) => verdict === 'failed').length;
      const warnings = findings.filter(({ verdict }) => verdict === 'warning').length;
      process.exitCode = failures > 0 ? 1 : 0;
      if (json) return printJson(findings);
      for (const finding of findings) print(finding);
      console.log(pc.dim(`\n${findings.length} checks, ${failures} failed, ${warnings} warnings`));
    }),
  );
