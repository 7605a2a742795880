import { AsyncLocalStorage } from 'node:async_hooks';

const budgets = new AsyncLocalStorage<() => number>();

/** Time that a function reserves for recording the outcome of a call. */
const RESERVE_MS = 2_500;

/**
 * Runs a function with a time budget. Inside another budget, the smaller of the two budgets applies.
 * @beta
 */
export function withinBudget<T>(remainingMs: () => number, run: () => Promise<T>): Promise<T> {
  const outer = budgets.getStore();
  return budgets.run(outer ? () => Math.min(outer(), remainingMs()) : remainingMs, run);
}

/**
 * The milliseconds that are left for a remote call; infinite without a budget.
 * @beta
 */
export const timeLeft = (): number => (budgets.getStore()?.() ?? Number.POSITIVE_INFINITY) - RESERVE_MS;
