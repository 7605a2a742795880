import { InvalidArgumentError } from 'commander';

const UNITS = { min: 60, h: 3_600, d: 86_400 };

/** A moment, or how long ago it is. */
export function moment(text: string): Date {
  const [, amount, unit] = /^(\d+)(min|h|d)$/.exec(text) ?? [];
  if (amount) return new Date(Date.now() - Number(amount) * UNITS[unit as keyof typeof UNITS] * 1000);
  // A day without time is the beginning of that day in UTC; a time without zone would be that of this machine.
  if (/^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text);
  throw new InvalidArgumentError('It must be a time such as 2026-11-20T10:00:00Z, or 30min, 2h or 3d: so long ago.');
}
