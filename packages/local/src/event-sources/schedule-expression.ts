import { Cron } from 'croner';

/** When something is next due after a given time; undefined: never again. */
export type Due = (after: Date) => Date | undefined;

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The fields of AWS's expressions, with the maximum of each in croner's numbering. */
const FIELDS = [59, 23, 31, 12, 6, 2199] as const;
const DAY_OF_WEEK = 4;

/**
 * Parses `rate(…)`, `cron(…)` with six fields, and `at(…)`
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html,
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html).
 * @param timezone IANA name, such as `Europe/Madrid`; for rules always UTC
 * @throws {Error} that names the mistake in the expression
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
    // A local time that does not exist because of daylight saving time is skipped; croner would use the hour after it.
    while (at && kind === 'cron' && !cron.match(at)) at = cron.nextRun(at);
    return at ?? undefined;
  };
}

/** Croner numbers weekdays from 0, has a field for seconds, and no `?`. */
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
    const own = index === DAY_OF_WEEK ? ofWeek(range) : range;
    if (step === undefined) return own;
    // Croner requires the end of a range.
    return `${own === '*' || own.includes('-') ? own : `${own}-${FIELDS[index]}`}/${step}`;
  });
  return parts.join(',');
}

/** `6L` is the last Friday, `3#2` the second Tuesday, and `L` a Saturday. */
function ofWeek(range: string): string {
  if (range === 'L') return '6';
  const [days = '', nth] = range.replace(/L$/, '#L').split('#');
  const own = days.replace(/\d+/g, (day) => String(Number(day) - 1));
  return nth === undefined ? own : `${own}#${nth}`;
}
