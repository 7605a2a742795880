import { Choices } from '@rollcall/kit/internal/testing/simulation/choices';
import { Publisher } from '@rollcall/kit/internal/testing/simulation/publisher';
import { Queues, urlOf } from '@rollcall/kit/internal/testing/simulation/queues';
import { IDLE_MS, MAX_CALLS, OUTAGE_MS } from '@rollcall/kit/internal/testing/simulation/schedule';
import { Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import { arnOf, Topics } from '@rollcall/kit/internal/testing/simulation/topics';
import type { Violation } from '../history.ts';
import { LaterClient } from './client.ts';
import { LaterObserver } from './observer.ts';
import type { LaterScenario } from './scenario.ts';
import { LATER, labels, ORDERS, OUTBOX, orderEvents, payments } from './shop.ts';

/**
 * A round is longer than the interval of the sweep. All rounds together are longer than the longest delay of a
 * scenario.
 */
const ROUND_MS = 61_000;
const ROUNDS = 60;
/** The maximum number of requests per client and round. A client without a response continues in the next round. */
const MAX_REQUESTS = 20;

/** Clients that schedule and cancel messages, and the kit's relay and sweep. */
class LaterWorld {
  readonly #choices: Choices;
  readonly #scheduler: Scheduler;
  readonly #observer: LaterObserver;
  readonly #publisher: Publisher;
  readonly #clients: readonly LaterClient[];
  readonly #outages: boolean;

  constructor({ clients, outages, choices: values }: LaterScenario, trace?: (line: string) => void) {
    const choices = new Choices(values);
    const scheduler = new Scheduler(choices, trace);
    const tables = new Tables(scheduler, choices);
    const queues = new Queues(scheduler, choices);
    const topics = new Topics(scheduler, choices);
    tables.create(ORDERS, { keys: ['pk'] });
    const observer = new LaterObserver(scheduler, tables);
    const onSent = (channel: string) => (body: string) => observer.onSent(channel, body);
    topics.create({ name: orderEvents.name, onPublished: onSent(orderEvents.name) });
    const names = { [payments.name]: `${payments.name}.fifo`, [labels.name]: labels.name };
    for (const [channel, name] of Object.entries(names))
      queues.create({ name, visibilityMs: 0, onSent: onSent(channel) });
    const addresses = {
      [orderEvents.name]: arnOf(orderEvents.name),
      ...Object.fromEntries(Object.entries(names).map(([channel, name]) => [channel, urlOf({ name })])),
    };
    this.#publisher = new Publisher({
      ...{ scheduler, choices, tables, queues, topics, addresses, outbox: OUTBOX, later: LATER },
    });
    let ids = 0;
    const newId = () => `message-${++ids}`;
    this.#clients = clients.map((client) => new LaterClient(client, { scheduler, tables, observer, newId }));
    [this.#choices, this.#scheduler, this.#observer, this.#outages] = [choices, scheduler, observer, outages];
  }

  async run(): Promise<Violation[]> {
    while (!this.#choices.exhausted) {
      const actions = this.#actions();
      actions[this.#choices.below(actions.length)]?.();
      await this.#scheduler.settled();
    }
    await this.#comeToRest();
    return this.#observer.violations;
  }

  /** Returns all possible next actions, the most common ones first. */
  #actions(): Array<() => void> {
    const scheduler = this.#scheduler;
    const turns = Array.from({ length: scheduler.waitingCalls }, (_, index) => () => scheduler.executeCall(index));
    const actions: Array<() => void> = turns.flatMap((turn) => [turn, turn, turn]);
    if (scheduler.waitingCalls < MAX_CALLS) {
      for (const client of this.#clients) if (!client.isDone && client.isPatient) actions.push(() => client.request());
      const relay = () => this.#publisher.relay();
      if (this.#publisher.stream.length > 0) actions.push(relay, relay);
      const sweep = () => this.#publisher.sweep();
      if (this.#publisher.rows.length + this.#publisher.waiting.length > 0) actions.push(sweep, sweep);
    }
    actions.push(() => scheduler.advance(IDLE_MS[this.#choices.below(IDLE_MS.length)] ?? 0));
    if (this.#outages) actions.push(() => this.#beginOutage());
    return actions;
  }

  #beginOutage(): void {
    this.#scheduler.log('every service is down');
    this.#scheduler.outageUntil = this.#scheduler.now + OUTAGE_MS;
  }

  /**
   * Runs without faults, with a sweep in each round, until all clients are done and all messages are sent, or until the
   * last round.
   */
  async #comeToRest(): Promise<void> {
    this.#scheduler.faultFree = true;
    for (let round = 0; round < ROUNDS; round++) {
      while (this.#scheduler.waitingCalls > 0) await this.#perform(() => this.#scheduler.executeCall(0));
      for (const client of this.#clients)
        for (let tries = 0; tries < MAX_REQUESTS && !client.isDone; tries++)
          await this.#perform(() => client.request());
      while (this.#publisher.stream.length > 0) await this.#perform(() => this.#publisher.relay());
      await this.#perform(() => this.#publisher.sweep());
      const isDone = this.#clients.every((client) => client.isDone);
      if (isDone && this.#publisher.rows.length + this.#publisher.waiting.length === 0) break;
      this.#scheduler.advance(ROUND_MS);
    }
    this.#observer.checkAtRest();
  }

  async #perform(act: () => void): Promise<void> {
    act();
    await this.#scheduler.settled();
  }
}

/** @returns the violations; empty if there are none */
export const simulateLater = (scenario: LaterScenario, trace?: (line: string) => void): Promise<Violation[]> =>
  new LaterWorld(scenario, trace).run();
