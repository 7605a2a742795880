import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { deployedOf } from './deployed.ts';
import { committedFigures } from './figures.ts';
import { idleOf } from './idle.ts';

/** Estimates the cost of a stage from its templates and the last measured figures. */
export async function estimate(stacks: readonly AssembledStack[]): Promise<string> {
  const { perRegistration, sweeps, on } = committedFigures;
  const { polling, sweeps: sweeping, ...otherCosts } = idleOf(await deployedOf(stacks), sweeps);
  const others = Object.values(otherCosts).reduce((all, usd) => all + usd, 0);
  const usd = (value: number) => `$${value.toFixed(2)}`;
  return `Costs about ${usd(polling + sweeping)} a month for polling and sweeps, ${usd(others)} for alarms, dashboard, secrets and key, and ${usd(perRegistration.usdPerMillion)} a million registrations, without SMS (measured on ${on}: npm run cost).`;
}
