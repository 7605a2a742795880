/** The kind of a step, which determines its symbol in the picture. */
export type Kind = 'crash' | 'failure' | 'redelivery' | 'parked' | 'applied' | 'time';

/** The lanes of a picture. Each step belongs to one of them. */
const LANES = ['Publisher', 'Relay', 'Queue', 'Consumer', 'Sweep', 'World'] as const;

export interface Step {
  /** Simulated time, HH:MM:SS. */
  time: string;
  /** Index of the step's lane in `lanes` of the trace. */
  lane: number;
  what: string;
  kind?: Kind;
  /** The board next to the picture: values that describe the state after the step, by label. */
  board: Record<string, string>;
}

/** The content of a picture: the trace of a simulated schedule. */
export interface Trace {
  title: string;
  /** The number of the schedule, which is its seed. */
  schedule: number;
  lanes: readonly string[];
  steps: Step[];
}

const KINDS: ReadonlyArray<readonly [RegExp, Kind]> = [
  [/ crashes$/, 'crash'],
  [/fails (before|after) its effect/, 'failure'],
  [/\(receive \d+\)/, 'redelivery'],
  [/ puts \S+ \S+ parked#/, 'parked'],
  [/ updates \S+ \S+ \S+ on v\d+/, 'applied'],
  [/^\d+ s pass$/, 'time'],
];

/**
 * The lane of a line, by the function or queue that the line mentions. All other lines are about time, outages and
 * operators, and belong to `World`.
 */
const OWNERS: ReadonlyArray<readonly [RegExp, (typeof LANES)[number]]> = [
  [/^(publisher|register)-\d/, 'Publisher'],
  [/^(relay|outbox-sweep)-\d/, 'Relay'],
  [/ delivers | to its dead-letter queue$/, 'Queue'],
  [/-consume-\d/, 'Consumer'],
  [/-(sweep|release)-\d/, 'Sweep'],
];

const laneOf = (what: string): number => LANES.indexOf(OWNERS.find(([pattern]) => pattern.test(what))?.[1] ?? 'World');

/** @param line a line of the simulation's trace */
export function stepOf(line: string, board: Record<string, string>): Step {
  const [time = '', ...rest] = line.split('  ');
  const what = rest.join('  ');
  const kind = KINDS.find(([pattern]) => pattern.test(what))?.[1];
  return { time, lane: laneOf(what), what, ...(kind && { kind }), board };
}

/** Whether the lines match all patterns, in order. */
export function shows(lines: readonly string[], patterns: readonly RegExp[]): boolean {
  let next = 0;
  for (const line of lines) if (patterns[next]?.test(line)) next++;
  return next === patterns.length;
}

/** Runs one schedule and returns its steps. */
export type RunOne = (schedule: number) => Promise<Step[]>;

/**
 * Runs the schedules from 1 to `schedules`. Returns the shortest trace whose steps match the patterns.
 * @throws {Error} if no trace matches, because a picture without these steps would not fit the text of its page
 */
export async function shortest(
  title: string,
  run: RunOne,
  { patterns, schedules }: { patterns: readonly RegExp[]; schedules: number },
): Promise<Trace> {
  let best: Trace | undefined;
  for (let schedule = 1; schedule <= schedules; schedule++) {
    const steps = await run(schedule);
    const isShown = shows(
      steps.map(({ what }) => what),
      patterns,
    );
    if (isShown && (!best || steps.length < best.steps.length)) best = { title, schedule, lanes: LANES, steps };
  }
  if (best) return best;
  throw new Error(`no schedule up to ${schedules} shows ${title}: ${patterns.join(', ')}`);
}
