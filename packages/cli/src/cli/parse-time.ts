import { InvalidArgumentError } from 'commander';

const UNITS = { min: 60, h: 3_600, d: 86_400 };

/** Parses a time, or a duration before now. */
export function parseTime(text: string): Date {
  const [, amount, unit] = /^(\d+)(min|h|d)$/.exec(text) ?? [];
  if (amount) return new Date(Date.now() - Number(amount) * UNITS[unit as keyof typeof UNITS] * 1000);
  // A date without a time means midnight UTC. A time without a zone is refused,
  // because JavaScript would read it in the zone of this machine.
  if (/^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text);
  throw new InvalidArgumentError(
    'It must be a time such as 2026-11-20T10:00:00Z, or a duration before now: 30min, 2h or 3d.',
  );
}
