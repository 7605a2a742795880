import { Choices } from '@rollcall/kit/internal/testing/simulation/choices';
import { Publisher } from '@rollcall/kit/internal/testing/simulation/publisher';
import { Queues, urlOf } from '@rollcall/kit/internal/testing/simulation/queues';
import { IDLE_MS, MAX_CALLS, OUTAGE_MS } from '@rollcall/kit/internal/testing/simulation/schedule';
import { Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import { arnOf, type FifoTopic, Topics } from '@rollcall/kit/internal/testing/simulation/topics';
import { memberIdOf } from '../support/builders.ts';
import { checkAtRest, checkSafety } from './checker.ts';
import { Client } from './client.ts';
import { ConsumerModel } from './consumer-model.ts';
import type { History, Version, Violation } from './history.ts';
import { Provider } from './provider.ts';
import { RegistrationObserver } from './registration.ts';
import { inBothRenditions } from './renditions.ts';
import type { Scenario, Where } from './scenario.ts';
import { OUTBOX, type Service, services } from './services.ts';
import { Switches } from './switches.ts';
import { has } from './versions.ts';

const ADDRESSES = {
  'member-events': arnOf('member-events'),
  'points-commands': urlOf({ name: 'points-commands.fifo' }),
};
/** Matches the IDs that `memberIdOf` creates. The trace shows only the number in an ID. */
const MEMBER_ID = /[\d-]{23}-0*(\d+)/g;
/** A round takes longer than an hour, because a sweep must report messages that have been parked for an hour. */
const ROUND_MS = 61 * 60_000;
const ROUNDS = 60;
/** The maximum number of requests per client and round. A client without a response continues in the next round. */
const MAX_REQUESTS = 20;
const FORGED_VERSION = 90;

/** Runs the kit's code against simulated services with every failure that AWS allows. */
class World {
  readonly #scenario: Scenario;
  readonly #choices: Choices;
  readonly #scheduler: Scheduler;
  readonly #history: Omit<History, 'consumers' | 'refused' | 'finalTables'> = {
    committed: [],
    deactivations: [],
    published: [],
    texts: new Map(),
    concurrentSms: [],
    followed: new Set(),
    registrations: [],
    phonesTakenTwice: [],
    returnedOperations: [],
    endedTwice: [],
    endedLate: [],
    overwrittenReplies: [],
  };
  readonly #tables: Tables;
  readonly #queues: Queues;
  readonly #topic: FifoTopic;
  readonly #switches: Switches;
  readonly #provider: Provider;
  readonly #registration: RegistrationObserver;
  readonly #publisher: Publisher;
  readonly #consumers: ConsumerModel[] = [];
  readonly #clients: Client[];
  #ids = 0;
  #repaired = false;
  #garbage: number;
  #forged: number;

  constructor(scenario: Scenario, trace?: (line: string) => void) {
    this.#scenario = scenario;
    const choices = new Choices(scenario.choices);
    const scheduler = new Scheduler(choices, trace && ((line) => trace(line.replaceAll(MEMBER_ID, '#$1'))));
    const history = this.#history;
    const tables = new Tables(scheduler, choices);
    const queues = new Queues(scheduler, choices);
    const topics = new Topics(scheduler, choices);
    this.#topic = topics.create({
      name: 'member-events',
      onPublished: (body) => this.#onPublished('member-events', body),
      refuses: (aggregateId, version) => this.#breakageOf('topic', { aggregateId, version }) !== undefined,
    });
    this.#choices = choices;
    this.#scheduler = scheduler;
    this.#tables = tables;
    this.#queues = queues;
    this.#switches = new Switches(scheduler, choices);
    this.#provider = new Provider(scheduler, history);
    this.#registration = new RegistrationObserver(tables, history);
    this.#publisher = new Publisher({
      ...{ scheduler, choices, tables, queues, topics },
      ...{ outbox: OUTBOX, addresses: ADDRESSES, onPut: inBothRenditions },
    });
    const subscribers = ['sms', scenario.second];
    const newId = () => memberIdOf(++this.#ids);
    this.#clients = scenario.scripts.map(
      (script) => new Client(script, { scheduler, tables, history, subscribers, newId }),
    );
    tables.duringQuery = async () => {
      const client = this.#clients.find((one) => one.hasBegun && !one.isDone && !one.waits);
      if (client) await this.#perform(() => client.request(true));
    };
    this.#garbage = scenario.garbage ? 1 : 0;
    // Two forged messages can have the same version: an operator can then discard one of them while the other one stays
    // parked.
    this.#forged = scenario.forged ? 2 : 0;
    const { sms, guide, points, pointsCommands, smsCommands, replies, outcomes } = services;
    this.#consume(sms, 'sms');
    this.#consume(scenario.second === 'points' ? points : guide, 'second');
    this.#consume(replies);
    if (scenario.second === 'guide') return;
    this.#consume(pointsCommands, 'points-commands');
    this.#consume(smsCommands);
    this.#consume(outcomes);
  }

  /**
   * Adds a consumer.
   * @param where the name under which the scenario injects failures into it; undefined: no failures
   */
  #consume(service: Service, where?: Where, early = true): void {
    const { committed, texts } = this.#history;
    const consumer = new ConsumerModel({
      ...{ service, early, maxReceives: this.#scenario.maxReceives },
      ...{ scheduler: this.#scheduler, choices: this.#choices, tables: this.#tables, queues: this.#queues },
      switches: this.#switches,
      provider: this.#provider,
      onSent: (body) => this.#onPublished(service.name, body),
      breakage: (place) => (where ? this.#breakageOf(where, place) : undefined),
      textsOf: ({ aggregateId, version }) =>
        texts.get(
          committed.find((one) => one.aggregateId === aggregateId && one.version === version)?.messageId ?? '',
        ) ?? 0,
    });
    this.#consumers.push(consumer);
    if (service.of.kind === 'topic') {
      this.#topic.subscriptions.push(consumer.subscription);
      this.#scheduler.log(`${service.name} subscribes`);
    }
  }

  #onPublished(channel: string, body: string): void {
    const { id, subject, sequence } = JSON.parse(body);
    const { published, followed } = this.#history;
    if (sequence === undefined) followed.add(id);
    else published.push({ channel, aggregateId: subject, version: Number(sequence), messageId: id });
  }

  #breakageOf(where: Where, { aggregateId, version }: Version) {
    if (this.#repaired) return undefined;
    const aggregates = [...new Set(this.#history.committed.map((message) => message.aggregateId))];
    return this.#scenario.breakages.find(
      (broken) => broken.where === where && broken.version === version && aggregates[broken.aggregate] === aggregateId,
    )?.breakage;
  }

  async run(): Promise<Violation[]> {
    while (!this.#choices.exhausted) {
      const actions = this.#actions();
      actions[this.#choices.below(actions.length)]?.();
      await this.#scheduler.settled();
    }
    this.#switches.resume();
    const violations = await this.#comeToRest();
    const isAllDone = this.#publisher.rows.length === 0 && this.#isNothingParked;
    if (violations.length > 0 || isAllDone) return violations;
    this.#repaired = true;
    this.#switches.turnAllOn();
    this.#scheduler.log('the injected failures are repaired');
    // Redrives twice, because some messages wait until another consumer has applied its messages.
    for (const consumer of [...this.#consumers, ...this.#consumers]) await this.#perform(() => consumer.redrive(true));
    return this.#comeToRest();
  }

  /** Returns all possible next actions, the least disruptive first. Repetitions make an action more likely. */
  #actions(): Array<() => void> {
    const scheduler = this.#scheduler;
    const actions: Array<() => void> = [];
    for (let index = 0; index < scheduler.waitingCalls; index++) {
      const turn = () => scheduler.executeCall(index);
      actions.push(turn, turn, turn);
    }
    if (scheduler.waitingCalls < MAX_CALLS) actions.push(...this.#starts());
    actions.push(() => scheduler.advance(IDLE_MS[this.#choices.below(IDLE_MS.length)] ?? 0));
    if (this.#scenario.outages) {
      actions.push(() => {
        scheduler.log('every service is down');
        scheduler.outageUntil = scheduler.now + OUTAGE_MS;
      });
    }
    return actions;
  }

  #starts(): Array<() => void> {
    const actions: Array<() => void> = [];
    for (const client of this.#clients) {
      if (client.isWatching) actions.push(() => client.readOperations());
      if (client.isDone || client.waits || !client.isPatient) continue;
      const request = () => client.request();
      actions.push(request, request, request);
    }
    if (this.#publisher.stream.length > 0) actions.push(() => this.#publisher.relay());
    if (this.#publisher.rows.length > 0) actions.push(() => this.#publisher.sweep());
    for (const consumer of this.#consumers) actions.push(...this.#startsOf(consumer));
    const [sms] = this.#consumers as [ConsumerModel];
    if (this.#scenario.switches) actions.push(() => this.#switches.turnOne());
    if (this.#scenario.late && !this.#consumers.some(({ name }) => name === 'late'))
      actions.push(() => this.#consume(services.late, undefined, false));
    if (this.#garbage > 0) {
      actions.push(() => {
        this.#garbage--;
        sms.sendGarbage();
      });
    }
    const [known] = this.#history.committed;
    if (this.#forged > 0 && known) actions.push(() => sms.sendForged(this.#forge(known), this.#forged--));
    return actions;
  }

  /**
   * Returns the version of a forged message: for a former member, the version after the deactivation; for an active
   * member, a version far above the member's version.
   */
  #forge({ aggregateId }: Version): Version {
    const last = this.#history.deactivations.find((one) => one.aggregateId === aggregateId);
    return { aggregateId, version: last ? last.version + 1 : FORGED_VERSION };
  }

  #startsOf(consumer: ConsumerModel): Array<() => void> {
    const actions: Array<() => void> = [];
    if (consumer.queue.availableGroups.length > 0) {
      const receive = () => consumer.receive();
      actions.push(receive, receive);
    }
    const isParked = consumer.parked.length > 0;
    if (isParked || consumer.hasDeadLetters) actions.push(() => consumer.sweep());
    if (!isParked) return actions;
    actions.push(() => consumer.redrive());
    if (this.#scenario.discards)
      actions.push(() => consumer.discard((place) => !has(this.#history.deactivations, place)));
    return actions;
  }

  /** Runs without faults until nothing changes. By then, all messages that can be applied must have been applied. */
  async #comeToRest(): Promise<Violation[]> {
    const scheduler = this.#scheduler;
    scheduler.faultFree = true;
    let before = '';
    for (let round = 0; round < ROUNDS; round++) {
      await this.#finishCalls();
      for (const client of this.#clients) {
        for (let tries = 0; tries < MAX_REQUESTS && !client.isDone && !client.waits; tries++)
          await this.#perform(() => client.request());
        if (client.isWatching) await this.#perform(() => client.readOperations());
      }
      while (this.#publisher.stream.length > 0) await this.#perform(() => this.#publisher.relay());
      if (this.#publisher.rows.length > 0) await this.#perform(() => this.#publisher.sweep());
      for (const consumer of this.#consumers) {
        while (consumer.queue.availableGroups.length > 0) await this.#perform(() => consumer.receive());
        if (consumer.parked.length > 0 || consumer.hasDeadLetters) await this.#perform(() => consumer.sweep());
      }
      const after = this.#signature();
      const isWatched = this.#clients.some(({ isWatching }) => isWatching);
      if (after === before && !isWatched) return this.#check();
      before = after;
      scheduler.advance(ROUND_MS);
    }
    return [{ guarantee: 'rest', what: `the world does not become idle: ${before}` }];
  }

  get #isNothingParked(): boolean {
    return this.#consumers.every(({ parked }) => parked.length === 0);
  }

  async #finishCalls(): Promise<void> {
    while (this.#scheduler.waitingCalls > 0) await this.#perform(() => this.#scheduler.executeCall(0));
  }

  async #perform(act: () => void): Promise<void> {
    act();
    await this.#scheduler.settled();
  }

  #signature(): string {
    const consumers = this.#consumers.map(({ signature }) => signature);
    return JSON.stringify([this.#publisher.rows.length, this.#publisher.stream.length, consumers]);
  }

  #check(): Violation[] {
    const consumers = new Map(
      this.#consumers.map((one) => [
        one.name,
        one.observer.finalHistory(this.#history.committed, this.#registration.secrets, (memberId) =>
          this.#canWork(one.name, memberId),
        ),
      ]),
    );
    const refused = this.#history.committed.filter((message) => this.#breakageOf('topic', message) !== undefined);
    const finalTables = this.#registration.finalTables(this.#isSettled);
    const history: History = { ...this.#history, consumers, refused, finalTables };
    return [...checkSafety(history), ...checkAtRest(history)];
  }

  /**
   * Whether a consumer has the data about a member that its commands need. The consumer's service stores this data
   * when it applies the member's events.
   */
  #canWork(consumer: string, memberId: string): boolean {
    if (consumer === services.pointsCommands.name)
      return this.#tables.items('points').some((item) => item.pk === memberId && item.accountState !== undefined);
    if (consumer !== services.smsCommands.name) return true;
    return this.#tables.items('sms').some(({ pk, phone, left }) => pk === memberId && Boolean(phone ?? left));
  }

  /** Whether all messages about points have been processed, and an operator discarded none of them. */
  get #isSettled(): boolean {
    const concerned = ['points', services.pointsCommands.name, services.outcomes.name];
    return (
      this.#publisher.rows.length === 0 &&
      this.#consumers
        .filter(({ name }) => concerned.includes(name))
        .every(({ parked, history: { discarded, givenUp } }) => [...parked, ...discarded, ...givenUp].length === 0)
    );
  }
}

/** @returns the violations; empty if there are none */
export const simulate = (scenario: Scenario, trace?: (line: string) => void): Promise<Violation[]> =>
  new World(scenario, trace).run();
