/** The part of JSON Schema that contracts use. */
export type Schema = { [key: string]: unknown } & {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
};

/** Semantic versioning: invisible to readers and writers, compatible, or breaking. */
export type Severity = 'patch' | 'minor' | 'major';

export interface Change {
  severity: Severity;
  /** Path to the change. */
  where: string;
  what: string;
}

/**
 * Who still uses the old schema: `sent` by writers with the old one, or `read` by readers with the old one. A message
 * is both: old ones are in queues while new ones are written.
 */
export type Side = 'sent' | 'read';

const RANK: Record<Severity, number> = { patch: 0, minor: 1, major: 2 };

export const worst = (severities: readonly Severity[]): Severity | undefined =>
  severities.toSorted((a, b) => RANK[b] - RANK[a])[0];

/** Keywords whose larger value allows more. */
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'];
const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'];
const SHAPE = ['pattern', 'format', 'const'];
const COMPARED = ['type', 'enum', 'properties', 'required', 'items', 'additionalProperties'];
const PROSE = ['$schema', 'description', 'title', 'examples', 'default', 'deprecated'];

/** The changes between two schemas, and their severity for the given sides. */
export function schemaChanges(before: Schema, after: Schema, sides: readonly Side[], where: string): Change[] {
  const changes: Change[] = [];
  const add = (what: string, severity: Record<Side, Severity>, at = where) => {
    const found = worst(sides.map((side) => severity[side])) ?? 'patch';
    changes.push({ severity: found, where: at, what });
  };
  const same = (key: string) => JSON.stringify(before[key]) === JSON.stringify(after[key]);
  const both = (severity: Severity) => ({ sent: severity, read: severity });
  /** Widening is harmless to writers and may surprise readers; narrowing, the reverse. */
  const WIDER = { sent: 'minor', read: 'minor' } as const;
  const NARROWER = { sent: 'major', read: 'minor' } as const;

  if (!same('type')) {
    add(`type ${JSON.stringify(before.type)} became ${JSON.stringify(after.type)}`, both('major'));
    return changes;
  }
  for (const key of SHAPE) {
    if (same(key)) continue;
    if (before[key] === undefined) add(`${key} is demanded`, NARROWER);
    else if (after[key] === undefined) add(`${key} is no longer promised`, { sent: 'minor', read: 'major' });
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
  const gone = (before.enum ?? []).filter((value) => !after.enum?.includes(value));
  const come = (after.enum ?? []).filter((value) => !before.enum?.includes(value));
  if (before.enum && !after.enum) add('any value may come', { sent: 'minor', read: 'major' });
  else if (!before.enum && after.enum) add('only some values are left', NARROWER);
  else {
    if (gone.length > 0) add(`values ${gone.join(', ')} are gone`, NARROWER);
    if (come.length > 0) add(`values ${come.join(', ')} may come`, { sent: 'minor', read: 'major' });
  }
  for (const key of PROSE) if (!same(key)) add(`${key} reads differently`, both('patch'));

  const [old, now] = [before.properties ?? {}, after.properties ?? {}];
  const [demanded, demands] = [new Set(before.required), new Set(after.required)];
  for (const [name, schema] of Object.entries(old)) {
    const at = `${where}.${name}`;
    const next = now[name];
    if (!next) {
      // Senders' values are ignored, and readers no longer get them.
      add('is gone', both('major'), at);
      continue;
    }
    if (demanded.has(name) && !demands.has(name)) add('may be missing', { sent: 'minor', read: 'major' }, at);
    if (!demanded.has(name) && demands.has(name)) add('must be there', NARROWER, at);
    changes.push(...schemaChanges(schema, next, sides, at));
  }
  for (const name of Object.keys(now).filter((key) => !old[key])) {
    const at = `${where}.${name}`;
    if (demands.has(name)) add('is new, and must be there', { sent: 'major', read: 'minor' }, at);
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
