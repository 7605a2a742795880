import type { Choose, Model } from '@rollcall/kit/internal/testing/simulation/model';
import { runSchedule } from '@rollcall/kit/internal/testing/simulation/schedule';
import fc from 'fast-check';
import type { Violation } from '../history.ts';
import { SagaObserver } from './observer.ts';
import { consumers, type Kind, PROCESSES, place } from './shop.ts';

/** The random decisions of the publisher and of the schedule. */
export interface SagaScenario {
  publish: number[];
  steps: number[];
}

const decisions = (maxLength: number) => fc.array(fc.nat(9_999), { minLength: 20, maxLength, size: 'max' });

export const sagaScenarios: fc.Arbitrary<SagaScenario> = fc.record({ publish: decisions(40), steps: decisions(600) });

/**
 * The highest number of refusals of `release` and of `confirm`. After five refusals, a process waits for the operator.
 * The operator acts only once per schedule, so only one command of a process can be allowed to need the operator. A
 * process sends either `release` or `confirm`.
 */
const REFUSALS_WITH_OPERATOR = 7;
/** The highest number of refusals of a command that must succeed without the operator. */
const REFUSALS_WITHOUT_OPERATOR = 4;

function publish(choose: Choose) {
  const refused = (kind: Kind, most: number) => `${kind}=${Math.max(0, choose.below(2 * most) - most + 1)}`;
  return Array.from({ length: 1 + choose.below(3) }, (_, index) => {
    const refusals = [refused('reserve', 1), refused('charge', 1)];
    const retried = [refused('release', REFUSALS_WITH_OPERATOR), refused('refund', REFUSALS_WITHOUT_OPERATOR)];
    const orderId = [index + 1, ...refusals, ...retried, refused('confirm', REFUSALS_WITH_OPERATOR)].join(' ');
    return { contract: place, subject: orderId, data: { orderId } };
  });
}

/** @returns the violations; empty if there are none */
export async function simulateSagas(scenario: SagaScenario, trace?: (line: string) => void): Promise<Violation[]> {
  const observer = new SagaObserver();
  const model: Model = {
    consumers: consumers as unknown as Model['consumers'],
    tables: { [PROCESSES]: ['pk'] },
    sendsLater: true,
    publish,
    invariant: SagaObserver.atRest,
    always: (state) => observer.always(state),
  };
  const { violation } = await runSchedule(model, scenario, trace);
  return violation === undefined ? [] : [{ guarantee: 'process', what: violation }];
}
