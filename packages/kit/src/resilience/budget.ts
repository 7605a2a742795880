import { AsyncLocalStorage } from 'node:async_hooks';

const budgets = new AsyncLocalStorage<() => number>();

/** A function keeps so much of its time to write down what came of a call. */
const RESERVE_MS = 2_500;

/**
 * Whatever `run` calls knows how much time there is: never more than those around it have.
 * @beta
 */
export function withinBudget<T>(remainingMs: () => number, run: () => Promise<T>): Promise<T> {
  const outer = budgets.getStore();
  return budgets.run(outer ? () => Math.min(outer(), remainingMs()) : remainingMs, run);
}

/**
 * Milliseconds that a remote call may take now; where nobody set a budget, any.
 * @beta
 */
export const timeLeft = (): number => (budgets.getStore()?.() ?? Number.POSITIVE_INFINITY) - RESERVE_MS;
