import { randomOf } from '@rollcall/kit/internal/testing/simulation/random';
import { replay } from '../../../test/simulation/runner.ts';
import type { Scenario, Script } from '../../../test/simulation/scenario.ts';
import { type RunOne, type Step, stepOf } from './trace.ts';

/** One registration. */
const script: Script = {
  ...{ phone: '+34600000001', key: 'key 1', name: 'Ana', changes: 0, inBurst: false },
  ...{ redemptions: 0, waits: false, expiresIn: 600, leaves: false },
};

const scenario: Omit<Scenario, 'choices'> = {
  ...{ scripts: [script, script], second: 'guide', breakages: [], maxReceives: 10 },
  ...{ late: false, discards: false, garbage: false, forged: false, switches: false, outages: false },
};

const MIN_DECISIONS = 20;
const MORE_DECISIONS = 30;

/** Simulates the member application with one schedule. In it, two clients register the same phone with the same key. */
export const registrationSchedules: RunOne = async (schedule) => {
  const random = randomOf(schedule);
  const choices = Array.from({ length: MIN_DECISIONS + Math.floor(random() * MORE_DECISIONS) }, () =>
    Math.floor(random() * 10_000),
  );
  const steps: Step[] = [];
  const counts = { requests: 0, members: new Set<string>() };
  const violations = await replay('members', { ...scenario, choices }, (line) => {
    if (/ register-\d+ starts$/.test(line)) counts.requests++;
    const member = / delivers (#\d+) v1 /.exec(line)?.[1];
    if (member) counts.members.add(member);
    const board = {
      'Requests with this key': String(counts.requests),
      'Members in the events that were delivered': String(counts.members.size),
    };
    steps.push(stepOf(line, board));
  });
  if (violations.length > 0) throw new Error(`schedule ${schedule}: ${violations.map(({ what }) => what)}`);
  return steps;
};
