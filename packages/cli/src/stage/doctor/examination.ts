import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { embeddedCloudOf } from '../embedded-cloud.ts';
import { OperatorError } from '../errors.ts';
import type { StageClient } from '../stage.ts';

export type Verdict = 'ok' | 'warning' | 'failed' | 'not checked';

export interface Finding {
  check: string;
  verdict: Verdict;
  found: string;
  /** What an operator can do. */
  remedy?: string;
}

/** The result of a check. */
export type CheckResult = Omit<Finding, 'check'>;

/** The stage under examination. */
export interface CheckContext {
  stage: StageClient;
  /** Whether the stage is in an embedded cloud, which lacks some AWS services. */
  isEmbedded: boolean;
  now: Date;
  /** Version of the app in this folder; undefined if the folder contains no app, or an app without a version. */
  version: string | undefined;
}

export type Check = (context: CheckContext) => Promise<CheckResult>;

export const ok = (found: string): CheckResult => ({ verdict: 'ok', found });
export const warning = (found: string, remedy: string): CheckResult => ({ verdict: 'warning', found, remedy });
export const failed = (found: string, remedy: string): CheckResult => ({ verdict: 'failed', found, remedy });
export const notChecked = (why: string): CheckResult => ({ verdict: 'not checked', found: `not checked here: ${why}` });

/** Runs all checks on a stage concurrently. If the stage does not respond, reports only this. */
export async function examine(
  checks: Readonly<Record<string, Check>>,
  { stage, now, version }: Pick<CheckContext, 'stage' | 'now' | 'version'>,
): Promise<Finding[]> {
  const where = stage.endpoint ?? `region ${await region(stage)}`;
  const reachability = await runCheck(async () => {
    const queues = await stage.queues();
    return ok(`stage ${stage.name} responds at ${where} and has ${queues.length} queues`);
  });
  const reachable = { check: 'reachable', ...reachability };
  if (reachability.verdict !== 'ok') return [reachable];
  const context: CheckContext = { stage, now, version, isEmbedded: (await embeddedCloudOf(stage)) !== undefined };
  const others = Object.entries(checks).map(async ([name, check]) => ({
    check: name,
    ...(await runCheck(() => check(context))),
  }));
  return [reachable, ...(await Promise.all(others))];
}

async function region({ dynamodb }: StageClient): Promise<string> {
  return dynamodb.config.region().catch(() => 'unknown');
}

/** The errors with which LocalStack and similar clouds report an unsupported service. */
const UNKNOWN = /UnknownOperation|NotImplemented|InternalFailure|InvalidAction|UnknownError/;
const DENIED = /AccessDenied|AuthorizationError|Unauthorized/;

async function runCheck(check: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await check();
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof OperatorError || error instanceof CloudError) return { verdict: 'failed', found: message };
    if (UNKNOWN.test(name)) return notChecked(`the endpoint does not support this call (${name})`);
    if (DENIED.test(name))
      return failed(
        `your credentials do not allow this check: ${message}`,
        'use a role with the permission: docs/reliability.md',
      );
    return { verdict: 'failed', found: `${name}: ${message}` };
  }
}
