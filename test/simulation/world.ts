import { createMembers } from '../../functions/registration/members.ts';
import type { Cause } from '../../shared/http/audit.ts';
import { Problem } from '../../shared/http/problems.ts';
import { createRelay } from '../../shared/messaging/relay.ts';
import { relayFunctions } from '../../shared/messaging/relay-functions.ts';
import { createSender } from '../../shared/messaging/sender.ts';
import { publishByTopics } from '../../shared/messaging/topics.ts';
import { memberIdOf } from '../support/builders.ts';
import { FifoTopic } from './channels.ts';
import { checkAtRest, checkSafety } from './checker.ts';
import type { History, Violation } from './history.ts';
import { MembersAndOutbox, placeOf, streamRecord } from './members-and-outbox.ts';
import type { Scenario, Script } from './scenario.ts';
import { Choices, type Instance, Scheduler } from './scheduler.ts';
import { SubscriberModel } from './subscriber-model.ts';

const API_TIMEOUT_MS = 10_000;
const RELAY_TIMEOUT_MS = 30_000;
const SWEEP_TIMEOUT_MS = 60_000;
/** So many times a client asks again, apart from when everything works. */
const CLIENT_ATTEMPTS = 4;
const OUTAGE_MS = 40 * 60_000;
/** As many calls wait for their turn at most before something new is started. */
const MOST_CALLS = 8;
const LONG_MS = 16 * 60_000;
/** What is parked at rest is older than an hour by then, and a person must have been told. */
const ROUNDS_OF_REST = 5;
const ROUNDS = 60;

const CAUSE: Cause = { by: { actor: 'anonymous', authentication: 'none' } };
const IN_TIME = { getRemainingTimeInMillis: () => SWEEP_TIMEOUT_MS };

const quiet = { logger: { warn: () => {} } as never, count: () => {}, measure: () => {} };

/** A client of the API that does one thing after another and repeats what it got no answer to. */
interface Client {
  script: Script;
  /** 0: registers; then so many changes; and then perhaps leaves. */
  step: number;
  attempts: number;
  memberId?: string;
}

/** Runs the code of the kit against services that behave as badly as AWS may. */
class World {
  readonly #scenario: Scenario;
  readonly #choices: Choices;
  readonly #scheduler: Scheduler;
  readonly #history: Omit<History, 'subscribers' | 'refused'> = {
    committed: [],
    left: [],
    published: [],
    texts: new Map(),
    registrations: [],
    crowded: [],
  };
  readonly #database: MembersAndOutbox;
  readonly #topic: FifoTopic;
  readonly #subscribers: SubscriberModel[] = [];
  readonly #clients: Client[];
  #ids = 0;
  #repaired = false;
  #garbage: number;
  #forged: number;

  constructor(scenario: Scenario, trace?: (line: string) => void) {
    this.#scenario = scenario;
    this.#choices = new Choices(scenario.choices);
    this.#scheduler = new Scheduler(this.#choices, trace);
    this.#database = new MembersAndOutbox(this.#scheduler, this.#choices, this.#history);
    this.#topic = new FifoTopic(this.#scheduler, this.#choices, this.#history, (aggregateId, version) =>
      Boolean(this.#breakageOf('topic', aggregateId, version)),
    );
    this.#database.meanwhile = async () => {
      const client = this.#clients.find((one) => one.step > 0 && !isDone(one));
      if (client) await this.#then(() => this.#request(client, true));
    };
    this.#clients = scenario.scripts.map((script) => ({ script, step: 0, attempts: 0 }));
    this.#garbage = scenario.garbage ? 1 : 0;
    // Two claim one version, so that one of them can be discarded.
    this.#forged = scenario.forged ? 2 : 0;
    this.#subscribe('sms', true);
    this.#subscribe('guide', true);
  }

  #subscribe(name: string, early: boolean): void {
    const subscriber = new SubscriberModel({
      name,
      early,
      scheduler: this.#scheduler,
      choices: this.#choices,
      maxReceives: this.#scenario.maxReceives,
      texts: this.#history.texts,
      crowded: this.#history.crowded,
      messageIdOf: (aggregateId, version) =>
        this.#history.committed.find((one) => one.aggregateId === aggregateId && one.version === version)?.messageId ??
        '',
      breakage: (aggregateId, version) => this.#breakageOf(name, aggregateId, version),
    });
    this.#subscribers.push(subscriber);
    this.#topic.subscriptions.push(subscriber);
    this.#scheduler.log(`${name} subscribes`);
  }

  #breakageOf(where: string, aggregateId: string, version: number) {
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
    const violations = await this.#comeToRest();
    const isAllDone = this.#database.rows.length === 0 && this.#isNothingParked;
    if (violations.length > 0 || isAllDone) return violations;
    this.#repaired = true;
    this.#scheduler.log('what was broken is repaired');
    for (const subscriber of this.#subscribers) {
      subscriber.redrive();
      await this.#scheduler.settled();
    }
    return this.#comeToRest();
  }

  /** Everything that may happen next, what is most usual first. */
  #actions(): Array<() => void> {
    const scheduler = this.#scheduler;
    const actions: Array<() => void> = [];
    for (let index = 0; index < scheduler.calls; index++) {
      const turn = () => scheduler.takeTurn(index);
      actions.push(turn, turn, turn);
    }
    if (scheduler.calls < MOST_CALLS) actions.push(...this.#beginnings());
    for (const ms of [1_000, 10_000, 65_000, 301_000, LONG_MS]) actions.push(() => scheduler.advance(ms));
    actions.push(() => {
      scheduler.log('every service is down');
      scheduler.outageUntil = scheduler.now + OUTAGE_MS;
    });
    return actions;
  }

  #beginnings(): Array<() => void> {
    const actions: Array<() => void> = [];
    for (const client of this.#clients) {
      if (isDone(client) || client.attempts === CLIENT_ATTEMPTS) continue;
      const request = () => this.#request(client);
      actions.push(request, request, request);
    }
    if (this.#database.stream.length > 0) actions.push(() => this.#relay());
    for (const subscriber of this.#subscribers) {
      if (subscriber.queue.open.length > 0) {
        const receive = () => subscriber.receive();
        actions.push(receive, receive);
      }
      for (const queue of [subscriber.deadLetters, subscriber.undelivered]) {
        if (queue.open.length > 0) actions.push(() => subscriber.receiveGivenUp(queue));
      }
    }
    if (this.#database.rows.length > 0) actions.push(() => this.#sweepOutbox());
    for (const subscriber of this.#subscribers) {
      if (subscriber.store.waiting.size === 0) continue;
      actions.push(
        () => subscriber.sweep(),
        () => subscriber.redrive(),
      );
      if (this.#scenario.discards) actions.push(() => subscriber.discard());
    }
    if (this.#scenario.late && this.#subscribers.length === 2) actions.push(() => this.#subscribe('late', false));
    if (this.#garbage > 0) {
      actions.push(() => {
        this.#garbage--;
        this.#subscribers[0]?.sendGarbage();
      });
    }
    const known = this.#history.committed[0]?.aggregateId;
    if (this.#forged > 0 && known !== undefined)
      actions.push(() => this.#subscribers[0]?.sendForged(known, this.#forged--));
    return actions;
  }

  /** Until nothing changes any more, all goes well: what can be applied must have been by then. */
  async #comeToRest(): Promise<Violation[]> {
    const scheduler = this.#scheduler;
    scheduler.calm = true;
    let before = '';
    let unchanged = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await this.#finishCalls();
      for (const client of this.#clients) {
        while (!isDone(client)) await this.#then(() => this.#request(client));
      }
      while (this.#database.stream.length > 0) await this.#then(() => this.#relay());
      if (this.#database.rows.length > 0) await this.#then(() => this.#sweepOutbox());
      for (const subscriber of this.#subscribers) {
        for (const queue of [subscriber.deadLetters, subscriber.undelivered]) {
          while (queue.open.length > 0) await this.#then(() => subscriber.receiveGivenUp(queue));
        }
        while (subscriber.queue.open.length > 0) await this.#then(() => subscriber.receive());
        if (subscriber.store.waiting.size > 0) await this.#then(() => subscriber.sweep());
      }
      const after = this.#signature();
      unchanged = after === before ? unchanged + 1 : 0;
      if (unchanged === (this.#isNothingParked ? 1 : ROUNDS_OF_REST)) return this.#check();
      before = after;
      scheduler.advance(LONG_MS);
    }
    return [{ guarantee: 'rest', what: `it does not come to rest: ${before}` }];
  }

  get #isNothingParked(): boolean {
    return this.#subscribers.every(({ store }) => store.waiting.size === 0);
  }

  async #finishCalls(): Promise<void> {
    while (this.#scheduler.calls > 0) await this.#then(() => this.#scheduler.takeTurn(0));
  }

  async #then(act: () => void): Promise<void> {
    act();
    await this.#scheduler.settled();
  }

  #signature(): string {
    const subscribers = this.#subscribers.map(({ name, history, queue, deadLetters, undelivered, store }) => [
      name,
      history.applied.length,
      [queue, deadLetters, undelivered].map(({ messages }) => messages.map(({ receives }) => receives)),
      [...store.waiting.values()].map(({ version, reason, unanswered }) => [version, reason, unanswered]),
    ]);
    return JSON.stringify([this.#database.rows.length, this.#database.stream.length, subscribers]);
  }

  #check(): Violation[] {
    const { committed } = this.#history;
    const subscribers = new Map(this.#subscribers.map((one) => [one.name, one.takeStock(committed)]));
    const refused = committed.filter(({ aggregateId, version }) => this.#breakageOf('topic', aggregateId, version));
    const history = { ...this.#history, subscribers, refused };
    return [...checkSafety(history), ...checkAtRest(history)];
  }

  /** @param atOnce whether nothing comes between its calls, for sure */
  #request(client: Client, atOnce = false): void {
    const { script, step } = client;
    client.attempts++;
    const members = (instance: Instance) =>
      createMembers({
        store: this.#database.membersOf(instance),
        // Buckets only refuse: whoever was refused had nothing written, as with any other refusal.
        admission: { admitPhone: async () => {}, refuseSpentPhone: async () => {} },
        audit: () => {},
        now: () => new Date(this.#scheduler.now + instance.skewMs),
        newId: () => memberIdOf(++this.#ids),
      });
    const goOn = (next: number) => {
      if (client.step !== step) return;
      client.step = next;
      client.attempts = 0;
    };
    if (step === 0) {
      const registration = { phone: script.phone, name: script.name, locale: 'en' };
      this.#scheduler.invoke(
        'register',
        API_TIMEOUT_MS,
        (instance) => members(instance).register(registration, script.key, CAUSE),
        (result) => {
          if (result instanceof Error && !(result instanceof Problem)) return;
          const answer = result instanceof Problem ? `refused: ${result.message}` : `member ${result.member.id}`;
          const { phone, key, name } = script;
          this.#history.registrations.push({ phone, key, fingerprint: name, answer });
          if (!(result instanceof Problem)) client.memberId = result.member.id;
          goOn(result instanceof Problem ? Number.POSITIVE_INFINITY : 1);
        },
      );
      return;
    }
    const burst = script.inBurst && step > 1 ? script.changes - 1 : 1;
    const change = async (instance: Instance) => {
      const { read, change: changeProfile } = members(instance);
      for (let count = 0; count < burst; count++) {
        const { version } = await read(client.memberId ?? '');
        await changeProfile(
          client.memberId ?? '',
          { ifMatch: `"${version}"` },
          { name: `${script.name} ${step}` },
          CAUSE,
        );
      }
    };
    const leave = (instance: Instance) => members(instance).deactivate(client.memberId ?? '', {}, CAUSE);
    const isLast = step > script.changes;
    const after = (result: unknown) => {
      if (result instanceof Error && !(result instanceof Problem)) return;
      goOn(isLast ? step + 1 : step + burst);
    };
    this.#scheduler.invoke(isLast ? 'deactivate' : 'change', API_TIMEOUT_MS, isLast ? leave : change, after, atOnce);
  }

  #relayFunctionsOf(instance: Instance) {
    const outbox = this.#database.outboxOf(instance);
    const sns = this.#topic.clientOf(instance);
    const sender = createSender({
      publish: publishByTopics(sns),
      sqs: undefined as never,
      addresses: { 'member-events': 'arn:' },
    });
    return relayFunctions(createRelay({ outbox, sender }), outbox, quiet, () => new Date(this.#scheduler.now));
  }

  #relay(): void {
    const batch = this.#database.takeRecords();
    this.#scheduler.invoke(
      'relay',
      RELAY_TIMEOUT_MS,
      async (instance) => {
        const Records = batch.map(({ row }) => streamRecord(row));
        const { batchItemFailures } = await this.#relayFunctionsOf(instance).relay({ Records });
        return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      },
      (failures) => {
        const failed = failures instanceof Error ? 0 : batch.findIndex(({ row }) => failures.includes(placeOf(row)));
        this.#database.recordsDone(batch, failed < 0 ? batch.length : failed);
      },
    );
  }

  #sweepOutbox(): void {
    this.#scheduler.invoke(
      'registration-outbox-sweep',
      SWEEP_TIMEOUT_MS,
      (instance) => this.#relayFunctionsOf(instance).sweep({}, IN_TIME),
      () => {},
    );
  }
}

const isDone = ({ step, script: { changes, leaves } }: Client) => step > changes + (leaves ? 1 : 0);

/** @returns what was violated; nothing, if all held */
export const simulate = (scenario: Scenario, trace?: (line: string) => void): Promise<Violation[]> =>
  new World(scenario, trace).run();
