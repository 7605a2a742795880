import type { BusEvent } from './event-buses.ts';

/** The settings of a target that determine its input. */
export interface TargetInput {
  /** JSON that replaces the event. */
  Input?: string;
  InputPath?: string;
  InputTransformer?: { InputPathsMap?: Record<string, string>; InputTemplate: string };
}

type Lookup = (event: unknown) => unknown;

/** @throws {Error} for a path that EventBridge would reject */
function compilePath(path: string): Lookup {
  if (!/^\$((\.[\w@-]+|\['[^']+'\]|\[\d+\]))*$/.test(path))
    throw new Error(`${path} is not a JSON path that EventBridge supports`);
  const steps = [...path.matchAll(/\.([\w@-]+)|\['([^']+)'\]|\[(\d+)\]/g)].map(
    ([, name, quoted, index]) => name ?? quoted ?? index,
  );
  return (event) =>
    steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step ?? ''], event);
}

/**
 * @returns a function that computes the input of a target for an event
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function inputOf(
  { Input, InputPath, InputTransformer }: TargetInput,
  rule: { arn: string; name: string },
): (event: BusEvent) => string {
  if (Input !== undefined) return () => Input;
  if (InputPath !== undefined) {
    const lookup = compilePath(InputPath);
    return (event) => JSON.stringify(lookup(event) ?? null);
  }
  if (!InputTransformer) return (event) => JSON.stringify(event);
  const { InputPathsMap = {}, InputTemplate } = InputTransformer;
  const lookups: Record<string, Lookup> = {
    'aws.events.rule-arn': () => rule.arn,
    'aws.events.rule-name': () => rule.name,
    'aws.events.event.ingestion-time': (event) => (event as BusEvent).time,
    'aws.events.event': (event) => event,
    'aws.events.event.json': (event) => event,
    ...Object.fromEntries(Object.entries(InputPathsMap).map(([name, path]) => [name, compilePath(path)])),
  };
  return (event) => filled(InputTemplate, (name) => lookups[name], event);
}

/**
 * Fills in a template. A value is inserted as text within quotes, and as JSON elsewhere. Unknown names in angle
 * brackets stay unchanged.
 */
function filled(template: string, lookupOf: (name: string) => Lookup | undefined, event: BusEvent): string {
  let isQuoted = false;
  return template.replace(/\\.|"|<([^<>]+)>/gs, (found, name: string | undefined) => {
    if (found === '"') isQuoted = !isQuoted;
    const lookup = name === undefined ? undefined : lookupOf(name);
    if (!lookup) return found;
    const value = lookup(event);
    if (!isQuoted) return JSON.stringify(value ?? null);
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return JSON.stringify(text).slice(1, -1);
  });
}
