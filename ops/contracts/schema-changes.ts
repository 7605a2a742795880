/** The JSON Schema keywords that the contracts use. */
export type Schema = { [key: string]: unknown } & {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
};

/**
 * The part of the version that must rise: `patch` for an invisible change, `minor` for a compatible one, `major` for a
 * breaking one.
 */
export type Severity = 'patch' | 'minor' | 'major';

export interface Change {
  severity: Severity;
  /** Path to the change. */
  where: string;
  what: string;
}

/**
 * How clients still use the old schema: `sent` if they write data in it, `read` if they read data in it. Both apply to
 * a message, because queues contain old messages while services already write new ones.
 */
export type Side = 'sent' | 'read';

const RANK: Record<Severity, number> = { patch: 0, minor: 1, major: 2 };

export const worst = (severities: readonly Severity[]): Severity | undefined =>
  severities.toSorted((a, b) => RANK[b] - RANK[a])[0];

/** Keywords for which a larger value allows more. */
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'];
const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'];
const SHAPE = ['pattern', 'format', 'const'];
const COMPARED = ['type', 'enum', 'properties', 'required', 'items', 'additionalProperties'];
const PROSE = ['$schema', 'description', 'title', 'examples', 'default', 'deprecated'];

/** Returns the changes between two schemas, and their severity for the given sides. */
export function schemaChanges(before: Schema, after: Schema, sides: readonly Side[], where: string): Change[] {
  const changes: Change[] = [];
  const add = (what: string, severity: Record<Side, Severity>, at = where) => {
    const found = worst(sides.map((side) => severity[side])) ?? 'patch';
    changes.push({ severity: found, where: at, what });
  };
  const same = (key: string) => JSON.stringify(before[key]) === JSON.stringify(after[key]);
  const both = (severity: Severity) => ({ sent: severity, read: severity });
  /** A wider schema accepts everything that old writers send. A narrower schema may refuse some of their data. */
  const WIDER = { sent: 'minor', read: 'minor' } as const;
  const NARROWER = { sent: 'major', read: 'minor' } as const;

  if (!same('type')) {
    add(`type ${JSON.stringify(before.type)} became ${JSON.stringify(after.type)}`, both('major'));
    return changes;
  }
  for (const key of SHAPE) {
    if (same(key)) continue;
    if (before[key] === undefined) add(`${key} is now required`, NARROWER);
    else if (after[key] === undefined) add(`${key} is no longer guaranteed`, { sent: 'minor', read: 'major' });
    else add(`${key} ${before[key]} became ${after[key]}`, both('major'));
  }
  for (const key of [...UPPER, ...LOWER]) {
    if (same(key)) continue;
    const sign = UPPER.includes(key) ? 1 : -1;
    const bound = (schema: Schema) => Number(schema[key] ?? sign * Number.POSITIVE_INFINITY) * sign;
    add(
      `${key} ${before[key] ?? 'none'} became ${after[key] ?? 'none'}`,
      bound(after) > bound(before) ? WIDER : NARROWER,
    );
  }
  const removedValues = (before.enum ?? []).filter((value) => !after.enum?.includes(value));
  const newValues = (after.enum ?? []).filter((value) => !before.enum?.includes(value));
  if (before.enum && !after.enum) add('any value is possible now', { sent: 'minor', read: 'major' });
  else if (!before.enum && after.enum) add('only listed values are allowed now', NARROWER);
  else {
    if (removedValues.length > 0) add(`values ${removedValues.join(', ')} are removed`, NARROWER);
    if (newValues.length > 0) add(`values ${newValues.join(', ')} are new`, { sent: 'minor', read: 'major' });
  }
  for (const key of PROSE) if (!same(key)) add(`${key} is changed`, both('patch'));

  const [old, now] = [before.properties ?? {}, after.properties ?? {}];
  const [wasRequired, isRequired] = [new Set(before.required), new Set(after.required)];
  for (const [name, schema] of Object.entries(old)) {
    const at = `${where}.${name}`;
    const next = now[name];
    if (!next) {
      // The value from old senders is ignored, and old readers no longer get it.
      add('is removed', both('major'), at);
      continue;
    }
    if (wasRequired.has(name) && !isRequired.has(name)) add('may be missing', { sent: 'minor', read: 'major' }, at);
    if (!wasRequired.has(name) && isRequired.has(name)) add('is now required', NARROWER, at);
    changes.push(...schemaChanges(schema, next, sides, at));
  }
  for (const name of Object.keys(now).filter((key) => !old[key])) {
    const at = `${where}.${name}`;
    if (isRequired.has(name)) add('is new and required', { sent: 'major', read: 'minor' }, at);
    else add('is new', both('minor'), at);
  }
  for (const key of ['items', 'additionalProperties'] as const) {
    const [one, other] = [before[key], after[key]];
    if (typeof one === 'object' && typeof other === 'object') {
      changes.push(...schemaChanges(one, other, sides, `${where}[]`));
    } else if (!same(key)) add(`${key} changed`, both('major'));
  }
  const known = new Set([...SHAPE, ...UPPER, ...LOWER, ...PROSE, ...COMPARED]);
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (!known.has(key) && !same(key)) add(`${key} changed`, both('major'));
  }
  return changes;
}
