import { Console } from 'node:console';

/**
 * Maximum number of values of a metric per line:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const MAX_VALUES = 100;

export type Unit = 'Count' | 'Milliseconds' | 'Seconds' | 'None';

/** Measured values of one metric of a service. */
export interface Measurement {
  name: string;
  unit: Unit;
  values: readonly number[];
  /** The dimensions, including the service. */
  dimensions: Readonly<Record<string, string>>;
}

type Line = Record<string, unknown>;
type Directive = { Dimensions: string[][]; Metrics: Array<{ Name: string; Unit: Unit }> };

/**
 * Creates lines in CloudWatch's embedded metric format. A line has one directive for each set of dimensions. Another
 * line starts only if a field of the line would have two values: a dimension with a different value, or a metric that
 * the line already contains. Powertools' Metrics, in contrast, supports one set of dimensions and one directive per
 * line.
 */
export function metricLines(measured: readonly Measurement[], Namespace: string, at: Date): Line[] {
  const lines: Array<{ fields: Line; directives: Map<string, Directive> }> = [];
  for (const { name, unit, values, dimensions } of merged(measured)) {
    const value = values.length === 1 ? values[0] : values;
    const fits = ({ fields }: { fields: Line }) =>
      !(name in fields) && Object.entries(dimensions).every(([key, text]) => !(key in fields) || fields[key] === text);
    const line = lines.find(fits) ?? { fields: {}, directives: new Map<string, Directive>() };
    if (!lines.includes(line)) lines.push(line);
    Object.assign(line.fields, dimensions, { [name]: value });
    const names = Object.keys(dimensions);
    const directive = line.directives.get(names.join()) ?? { Dimensions: [names], Metrics: [] };
    directive.Metrics.push({ Name: name, Unit: unit });
    line.directives.set(names.join(), directive);
  }
  return lines.map(({ fields, directives }) => ({
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [...directives.values()].map((directive) => ({ Namespace, ...directive })),
    },
    ...fields,
  }));
}

/** Adds up the values of each count. Splits the values of every other metric into lists of at most `MAX_VALUES`. */
function* merged(measured: readonly Measurement[]): Iterable<Measurement> {
  const groups = Map.groupBy(measured, ({ name, dimensions }) => JSON.stringify([name, dimensions]));
  for (const group of groups.values()) {
    const [first] = group as [Measurement];
    const all = group.flatMap(({ values }) => values);
    const values = first.unit === 'Count' ? [all.reduce((sum, value) => sum + value, 0)] : all;
    for (let from = 0; from < values.length; from += MAX_VALUES) {
      yield { ...first, values: values.slice(from, from + MAX_VALUES) };
    }
  }
}

let gathered: Measurement[] = [];
// Bypasses Lambda's own `console`, which would change the line so that CloudWatch does not find the metrics.
const output = new Console(process.stdout, process.stderr);

/** Collects values until the end of the invocation. */
export function gather(measured: Measurement): void {
  gathered.push(measured);
}

/**
 * Writes the collected values at the end of the invocation. `POWERTOOLS_METRICS_NAMESPACE` is the stage's namespace.
 */
export function writeGathered(at = new Date()): void {
  const lines = metricLines(gathered, process.env.POWERTOOLS_METRICS_NAMESPACE ?? '', at);
  gathered = [];
  for (const line of lines) output.log(JSON.stringify(line));
}
