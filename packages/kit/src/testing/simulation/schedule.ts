import { Choices } from './choices.ts';
import { Deployment } from './deployment.ts';
import { withGlobals } from './globals.ts';
import type { Invariant, Model } from './model.ts';
import { Scheduler } from './scheduler.ts';
import type { Decisions } from './shrink.ts';

export const OUTAGE_MS = 40 * 60_000;
/** Another instance starts only while fewer than this number of calls wait. */
export const MAX_CALLS = 8;
/** The possible lengths of an idle period. Most functions time out after ten seconds. */
export const IDLE_MS = [1_000, 2_000, 5_000, 10_000, 65_000, 301_000, 16 * 60_000];
/**
 * Minimum simulated time between two rounds of the phase without faults. This time exceeds the hour within which every
 * failed operation is retried.
 */
const ROUND_MS = 61 * 60_000;
/**
 * A model that is not at rest after this many rounds is considered never to come to rest, for example because its
 * consumers reply to each other without end.
 */
const ROUNDS = 60;
/** Maximum number of steps per round. */
const MAX_STEPS = 2_000;

type Action = () => void;

interface ScheduleOptions {
  scheduler: Scheduler;
  choices: Choices;
  /** The decisions of `Model.publish`: which messages are committed. */
  publishing: Choices;
}

/** One run of a model, with its published messages, its consumers and its faults. */
class Schedule {
  readonly #model: Model;
  readonly #choices: Choices;
  readonly #scheduler: Scheduler;
  readonly #deployment: Deployment;
  readonly #hasOutages: boolean;
  #violation: string | undefined;

  constructor(model: Model, { scheduler, choices, publishing }: ScheduleOptions) {
    this.#model = model;
    this.#choices = choices;
    this.#scheduler = scheduler;
    const onViolation = (what: string) => {
      this.#violation ??= what;
    };
    this.#deployment = new Deployment(model, { scheduler, choices, publishing, onViolation });
    this.#hasOutages = choices.below(4) === 3;
    const { always } = model;
    if (always) this.#deployment.tables.onWrite(() => this.#check(always));
  }

  #check(invariant: Invariant): void {
    if (this.#violation !== undefined) return;
    try {
      this.#violation = invariant(this.#deployment.state);
    } catch (error) {
      this.#violation = error instanceof Error ? error.message : String(error);
    }
  }

  async run(): Promise<{ violation: string | undefined; applied: number }> {
    while (!this.#choices.exhausted && this.#violation === undefined) {
      const actions = this.#actions();
      await this.#perform(actions[this.#choices.below(actions.length)]);
    }
    if (this.#violation === undefined) await this.#comeToRest();
    const stuck = this.#deployment.deployed.filter(({ consumer }) => consumer.parked.length > 0);
    if (this.#violation === undefined && stuck.length > 0) {
      this.#scheduler.log('an operator redrives all parked messages');
      // Redrives twice, because a message may wait until another consumer has applied a parked message.
      for (const { consumer } of [...stuck, ...stuck]) await this.#perform(() => consumer.redrive(true));
      await this.#comeToRest();
    }
    this.#violation ??= this.#deployment.missing;
    this.#check(this.#model.invariant);
    const applied = this.#deployment.deployed.reduce((sum, { observer }) => sum + observer.applied.length, 0);
    return { violation: this.#violation, applied };
  }

  /** All possible next actions, the least disruptive first. Repetitions make an action more likely. */
  #actions(): Action[] {
    const scheduler = this.#scheduler;
    const turns = Array.from({ length: scheduler.waitingCalls }, (_, index) => () => scheduler.executeCall(index));
    const actions: Action[] = turns.flatMap((turn) => [turn, turn, turn]);
    if (scheduler.waitingCalls < MAX_CALLS) actions.push(...this.#starts());
    actions.push(() => scheduler.advance(IDLE_MS[this.#choices.below(IDLE_MS.length)] ?? 0));
    if (this.#hasOutages) {
      actions.push(() => {
        scheduler.log('every service is down');
        scheduler.outageUntil = scheduler.now + OUTAGE_MS;
      });
    }
    return actions;
  }

  #starts(): Action[] {
    const { publishing, publisher, deployed } = this.#deployment;
    const actions: Action[] = [];
    const commit = () => publishing.commit();
    if (!publishing.isDone) actions.push(commit, commit);
    if (publisher.stream.length > 0) actions.push(() => publisher.relay());
    if (publisher.rows.length + publisher.waiting.length > 0) actions.push(() => publisher.sweep());
    for (const { consumer } of deployed) {
      const receive = () => consumer.receive();
      if (consumer.queue.availableGroups.length > 0) actions.push(receive, receive);
      const isParked = consumer.parked.length > 0;
      if (isParked || consumer.hasDeadLetters) actions.push(() => consumer.sweep());
      if (isParked) actions.push(() => consumer.redrive());
    }
    return actions;
  }

  /**
   * Runs without faults until nothing changes any more. By then, every message that can be applied must have been
   * applied.
   */
  async #comeToRest(): Promise<void> {
    this.#scheduler.faultFree = true;
    let before = '';
    for (let round = 0; round < ROUNDS; round++) {
      for (let step = 0, next = this.#next(); next && step < MAX_STEPS; next = this.#next(), step++)
        await this.#perform(next);
      for (const { consumer } of this.#deployment.deployed) {
        if (consumer.parked.length > 0 || consumer.hasDeadLetters) await this.#perform(() => consumer.sweep());
      }
      const [stuck] = this.#scheduler.running;
      if (stuck !== undefined) {
        this.#violation ??= `${stuck} waits for something that is not simulated, such as a timer or the network`;
        return;
      }
      const after = this.#signature();
      const { nextDue } = this.#deployment.publisher;
      if ((after === before && nextDue === undefined) || this.#violation !== undefined) return;
      before = after;
      this.#scheduler.advance(Math.max(ROUND_MS, (nextDue ?? 0) - this.#scheduler.now));
    }
    this.#violation =
      'the model does not come to rest: consumers keep sending to each other, or a scheduled message is not sent';
  }

  /** The next action in the phase without faults. */
  #next(): Action | undefined {
    const { publishing, publisher, deployed } = this.#deployment;
    if (this.#scheduler.waitingCalls > 0) return () => this.#scheduler.executeCall(0);
    if (!publishing.isDone) return () => publishing.commit();
    if (publisher.stream.length > 0) return () => publisher.relay();
    if (publisher.hasUnsent) return () => publisher.sweep();
    const open = deployed.find(({ consumer }) => consumer.queue.availableGroups.length > 0);
    return open && (() => open.consumer.receive());
  }

  async #perform(action: Action | undefined): Promise<void> {
    action?.();
    await this.#scheduler.settled();
  }

  #signature(): string {
    const { publisher, deployed } = this.#deployment;
    return JSON.stringify([
      publisher.rows.length,
      deployed.map(({ consumer, observer }) => [observer.applied.length, consumer.signature]),
    ]);
  }
}

/** The result of a schedule. A run with the same decisions repeats the schedule. */
export interface ScheduleResult {
  decisions: Decisions;
  violation: string | undefined;
  /** Number of messages applied. */
  applied: number;
}

/** @param trace called for each step, with a line of text */
export async function runSchedule(
  model: Model,
  { publish, steps }: Decisions,
  trace?: (line: string) => void,
): Promise<ScheduleResult> {
  const choices = new Choices(steps);
  const publishing = new Choices(publish);
  const scheduler = new Scheduler(choices, trace);
  return withGlobals(
    () => scheduler.now,
    async () => {
      const result = await new Schedule(model, { scheduler, choices, publishing }).run();
      return {
        ...result,
        decisions: { publish: publishing.decisions, steps: choices.decisions.slice(0, steps.length) },
      };
    },
  );
}
