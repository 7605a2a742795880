import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { printJson } from 'rollcall/internal/cli/output';
import { stageNamed } from '../../infra/stages.ts';
import { estimate } from '../cost/estimate.ts';
import { openAccount } from './account.ts';
import type { Finding } from './finding.ts';
import { preflight } from './preflight.ts';

interface Options {
  context: Record<string, string>;
  parameters: Record<string, Record<string, string>>;
  profile?: string;
  importExistingResources?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

const root = join(import.meta.dirname, '../..');
const OUTDIR = join(root, 'cdk.out');

function contextOf(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return { ...before, [name]: value };
}

function parameterOf(text: string, before: Options['parameters']): Options['parameters'] {
  const [, stack, name, value] = /^([^:=]+):([^=]+)=(.*)$/s.exec(text) ?? [];
  if (!stack || !name || value === undefined) throw new InvalidArgumentError('It must be STACK:NAME=VALUE.');
  return { ...before, [stack]: { ...before[stack], [name]: value } };
}

const program = new Command('npm run deploy --')
  .description('Deploys a stage to your AWS account, after checking the requirements.')
  .option('-c, --context <name=value>', 'CDK context; stage=prod selects the stage (default: dev)', contextOf, {})
  .option('--parameters <stack:name=value>', 'parameter of a stack; later deployments keep it', parameterOf, {})
  .option('--profile <name>', 'profile of your AWS configuration, instead of AWS_PROFILE')
  .option('--import-existing-resources', 'import the tables and logs that a deleted stage has left: docs/runbook.md')
  .option('--dry-run', 'change nothing: show the findings, the costs and the planned changes')
  .option('--json', 'print the findings as JSON, and change nothing')
  .argument('[options...]', 'options of cdk deploy, such as --require-approval never')
  .allowUnknownOption()
  .addHelpText(
    'after',
    '\nExit code 1: a requirement is missing, or synthesis, cdk diff or cdk deploy failed.\n\nExample: npm run deploy -- -c stage=prod --dry-run',
  )
  .parse();
const { context, parameters, profile, importExistingResources = false, dryRun, json } = program.opts<Options>();

const SIGNS: Record<Finding['state'], string> = {
  good: pc.green('✓'),
  beware: pc.yellow('!'),
  missing: pc.red('✗'),
  unknown: pc.dim('?'),
};

function show(findings: readonly Finding[]): void {
  for (const { check, state, says, mend } of findings) {
    console.log(`${SIGNS[state]} ${pc.bold(check)}  ${says}`);
    if (mend) console.log(`    ${pc.cyan(mend)}`);
  }
}

/** Runs CDK on the synthesized assembly. @returns its exit code */
async function cdk(...options: string[]): Promise<number> {
  const child = spawn(join(root, 'node_modules/.bin/cdk'), [...options, '--app', OUTDIR], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

const given = Object.entries(parameters).flatMap(([stack, values]) =>
  Object.entries(values).flatMap(([name, value]) => ['--parameters', `${stack}:${name}=${value}`]),
);

// The checks and CDK both read this variable.
if (profile !== undefined) process.env.AWS_PROFILE = profile;
const imports = importExistingResources ? ['--import-existing-resources'] : [];

try {
  const stage = stageNamed(context.stage ?? 'dev');
  const { stacks } = readAssembly(await synthesize(OUTDIR, context, { validates: true }));
  const findings = await preflight(
    { stage, planned: stacks, parameters, importsExisting: importExistingResources },
    openAccount(),
  );
  const missing = findings.filter(({ state }) => state === 'missing').length;
  if (json) printJson(findings);
  else show(findings);
  if (missing > 0 && !json) console.error(pc.red(`\n${missing} requirements are missing. Nothing was changed.`));
  if (missing > 0) process.exitCode = 1;
  if (dryRun && !json) console.log(await estimate(stacks));
  const hasCredentials = findings.every(({ check, state }) => check !== 'credentials' || state === 'good');
  if (dryRun && !json && hasCredentials)
    process.exitCode = Math.max(Number(missing > 0), await cdk('diff', '--method=template'));
  if (!dryRun && !json && missing === 0)
    process.exitCode = await cdk('deploy', '--all', ...given, ...imports, ...program.args);
} catch (error) {
  console.error(pc.red((error as Error).message));
  process.exitCode = 1;
}
