import { Cron } from 'croner';

/** Returns the next due time after a given time; undefined if no due time is left. */
export type Due = (after: Date) => Date | undefined;

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The maximum of each field of AWS's expressions, in the numbering of croner, the library that evaluates them. */
const FIELDS = [59, 23, 31, 12, 6, 2199] as const;
const DAY_OF_WEEK = 4;

/**
 * Parses `rate(…)`, `cron(…)` with six fields, and `at(…)`
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html,
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html).
 * @param timezone IANA name, such as `Europe/Madrid`; rules always use UTC
 * @throws {Error} if the expression is invalid; the message names the mistake
 */
export function parseSchedule(expression: string, timezone = 'UTC'): Due {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (value && unit) {
    const period = Number(value) * UNIT_MS[unit as keyof typeof UNIT_MS];
    return (after) => new Date(after.getTime() + period);
  }
  const [, kind, text = ''] = /^(cron|at)\((.+)\)$/.exec(expression) ?? [];
  if (!kind) throw new Error(`${expression || 'an empty expression'} is not a rate(), cron() or at()`);
  const cron = new Cron(kind === 'at' ? text : toCroner(text, expression), { timezone, paused: true });
  if (kind === 'cron' && !cron.nextRun()) throw new Error(`${expression} is never due`);
  return (after) => {
    let at = cron.nextRun(after);
    // Skips a local time that does not exist because of daylight saving time. Croner would return a time after the gap
    // instead.
    while (at && kind === 'cron' && !cron.match(at)) at = cron.nextRun(at);
    return at ?? undefined;
  };
}

/**
 * Converts the fields of an AWS expression to croner's format, which numbers weekdays from 0, has a field for seconds,
 * and does not support `?`.
 */
function toCroner(text: string, expression: string): string {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) throw new Error(`${expression} must have six fields`);
  const [, , dayOfMonth, , dayOfWeek] = fields;
  if ((dayOfMonth === '?') === (dayOfWeek === '?'))
    throw new Error(`${expression} must have ? either for the day of the month or for the day of the week`);
  return ['0', ...fields.map(toField)].join(' ');
}

function toField(field: string, index: number): string {
  if (field === '?') return '*';
  const parts = field.split(',').map((part) => {
    const [range = '', step] = part.split('/');
    const base = index === DAY_OF_WEEK ? daysOfWeek(range) : range;
    if (step === undefined) return base;
    // AWS's `5/10` means every ten from 5 on. Croner requires the end of the range: `5-59/10`.
    return `${base === '*' || base.includes('-') ? base : `${base}-${FIELDS[index]}`}/${step}`;
  });
  return parts.join(',');
}

/**
 * Converts days of the week from AWS's numbering, which starts at 1. `6L` is the last Friday, `3#2` is the second
 * Tuesday, and `L` is every Saturday.
 */
function daysOfWeek(range: string): string {
  if (range === 'L') return '6';
  const [days = '', nth] = range.replace(/L$/, '#L').split('#');
  const croner = days.replace(/\d+/g, (day) => String(Number(day) - 1));
  return nth === undefined ? croner : `${croner}#${nth}`;
}
