/** What a step is about, for who looks: it has a sign in the picture. */
export type Kind = 'crash' | 'failure' | 'redelivery' | 'parked' | 'applied' | 'time';

/** Who does it. */
const LANES = ['Publisher', 'Relay', 'Queue', 'Consumer', 'Sweep', 'World'] as const;

export interface Step {
  /** Simulated time, HH:MM:SS. */
  time: string;
  /** Index in the lanes of its trace. */
  lane: number;
  what: string;
  kind?: Kind;
  /** What is true after the step, by name. */
  board: Record<string, string>;
}

/** A schedule of the simulation, as the picture shows it. */
export interface Trace {
  title: string;
  /** Which schedule it is. */
  schedule: number;
  lanes: readonly string[];
  steps: Step[];
}

const KINDS: ReadonlyArray<readonly [RegExp, Kind]> = [
  [/ dies$/, 'crash'],
  [/fails (before|after) its effect/, 'failure'],
  [/\(receive \d+\)/, 'redelivery'],
  [/ puts \S+ \S+ parked#/, 'parked'],
  [/ updates \S+ \S+ \S+ on v\d+/, 'applied'],
  [/^\d+ s pass$/, 'time'],
];

/** By the name of the function or queue that a line begins with; the rest of the world is time, outages and people. */
const OWNERS: ReadonlyArray<readonly [RegExp, (typeof LANES)[number]]> = [
  [/^(publisher|register)-\d/, 'Publisher'],
  [/^(relay|outbox-sweep)-\d/, 'Relay'],
  [/ hands out | gives up /, 'Queue'],
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

/** Whether lines match the patterns, one after the other. */
export function shows(lines: readonly string[], patterns: readonly RegExp[]): boolean {
  let next = 0;
  for (const line of lines) if (patterns[next]?.test(line)) next++;
  return next === patterns.length;
}

/** What one schedule did; undefined: something is violated, which the tests of the simulation would tell. */
export type RunOne = (schedule: number) => Promise<Step[]>;

/**
 * Of the first schedules, the shortest that shows what a page explains.
 * @throws {Error} if none does: the page would explain what is not to be seen
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
