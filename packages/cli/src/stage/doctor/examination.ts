import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { embeddedCloudOf } from '../embedded-cloud.ts';
import { OperatorError } from '../errors.ts';
import type { Stage } from '../stage.ts';

export type Verdict = 'ok' | 'warning' | 'failed' | 'not checked';

export interface Finding {
  check: string;
  verdict: Verdict;
  found: string;
  /** What to do. */
  remedy?: string;
}

/** What a check finds. */
export type Found = Omit<Finding, 'check'>;

/** A stage that is examined. */
export interface Patient {
  stage: Stage;
  /** Whether it is the embedded cloud, which has not all of AWS's services. */
  isEmbedded: boolean;
  now: Date;
  /** Of the app, in the folder of which this is asked; undefined: in none. */
  version: string | undefined;
}

export type Check = (patient: Patient) => Promise<Found>;

export const ok = (found: string): Found => ({ verdict: 'ok', found });
export const warning = (found: string, remedy: string): Found => ({ verdict: 'warning', found, remedy });
export const failed = (found: string, remedy: string): Found => ({ verdict: 'failed', found, remedy });
export const notChecked = (why: string): Found => ({ verdict: 'not checked', found: `not checked here: ${why}` });

/** Examines a stage by all checks at once; by none, if it does not even answer. */
export async function examine(
  checks: Readonly<Record<string, Check>>,
  { stage, now, version }: Pick<Patient, 'stage' | 'now' | 'version'>,
): Promise<Finding[]> {
  const where = stage.endpoint ?? `region ${await region(stage)}`;
  const reached = await whatIsFound(async () => {
    const queues = await stage.queues();
    return ok(`stage ${stage.name} answers at ${where} and has ${queues.length} queues`);
  });
  const reachable = { check: 'reachable', ...reached };
  if (reached.verdict !== 'ok') return [reachable];
  const patient: Patient = { stage, now, version, isEmbedded: (await embeddedCloudOf(stage)) !== undefined };
  const others = Object.entries(checks).map(async ([name, check]) => ({
    check: name,
    ...(await whatIsFound(() => check(patient))),
  }));
  return [reachable, ...(await Promise.all(others))];
}

async function region({ dynamodb }: Stage): Promise<string> {
  return dynamodb.config.region().catch(() => 'unknown');
}

/** What LocalStack and its like answer for what they do not have. */
const UNKNOWN = /UnknownOperation|NotImplemented|InternalFailure|InvalidAction|UnknownError/;
const DENIED = /AccessDenied|AuthorizationError|Unauthorized/;

async function whatIsFound(check: () => Promise<Found>): Promise<Found> {
  try {
    return await check();
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof OperatorError || error instanceof CloudError) return { verdict: 'failed', found: message };
    if (UNKNOWN.test(name)) return notChecked(`the endpoint does not know it (${name})`);
    if (DENIED.test(name))
      return failed(`your credentials may not: ${message}`, 'take a role that may: docs/reliability.md');
    return { verdict: 'failed', found: `${name}: ${message}` };
  }
}
