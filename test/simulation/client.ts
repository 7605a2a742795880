import type { Cause } from '@rollcall/kit/internal/http/cause';
import { Problem } from '@rollcall/kit/internal/http/problems';
import type { Instance, Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import type { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import { createMembers } from '../../functions/registration/members.ts';
import { createRedemptions } from '../../functions/registration/redemptions.ts';
import { createMemberStore } from '../../functions/registration/store.ts';
import type { History } from './history.ts';
import type { Script } from './scenario.ts';
import { MEMBERS, OUTBOX, REDEEMED } from './services.ts';

const API_TIMEOUT_MS = 10_000;
/** The maximum number of attempts at a request before the fault-free phase. */
const ATTEMPTS = 4;

const CAUSE: Cause = { by: { actor: 'anonymous', authentication: 'none' } };
const PHONE_LIMIT = { burst: 1, perMinute: 1 };

export interface ClientOptions {
  scheduler: Scheduler;
  tables: Tables;
  history: Pick<History, 'registrations' | 'returnedOperations'>;
  /** The services that must confirm an erasure. */
  subscribers: readonly string[];
  newId: () => string;
}

/** A client of the API, which sends one request after the other. It repeats a request that gets no response. */
export class Client {
  readonly #script: Script;
  readonly #options: ClientOptions;
  /** The number of completed steps: the registration, then changes, redemptions, and possibly the deactivation. */
  #step = 0;
  #attempts = 0;
  #memberId = '';
  /** Operations that were pending when the client last read them. */
  readonly #watched = new Set<string>();

  constructor(script: Script, options: ClientOptions) {
    this.#script = script;
    this.#options = options;
  }

  get isDone(): boolean {
    const { changes, redemptions, leaves } = this.#script;
    return this.#step > changes + redemptions + (leaves ? 1 : 0);
  }

  /** Whether the client may try its request again. */
  get isPatient(): boolean {
    return this.#attempts < ATTEMPTS;
  }

  get hasBegun(): boolean {
    return this.#step > 0;
  }

  /** Whether the client sends no request until its operations have ended. */
  get waits(): boolean {
    return this.#script.waits && this.isWatching;
  }

  /** Whether operations of the client are pending. */
  get isWatching(): boolean {
    return this.#watched.size > 0;
  }

  /** @param atOnce whether the calls of the request run without interruption by other functions */
  request(atOnce = false): void {
    this.#attempts++;
    const { changes, redemptions } = this.#script;
    if (this.#step === 0) this.#register();
    else if (this.#step <= changes) this.#change(atOnce);
    else if (this.#step <= changes + redemptions) this.#redeem(atOnce);
    else
      this.#send('deactivate', (instance) => this.#members(instance).deactivate(this.#memberId, {}, CAUSE), 1, atOnce);
  }

  /** Reads the client's operations. Reading an overdue operation makes it expire. */
  readOperations(): void {
    for (const id of this.#watched) {
      this.#options.scheduler.invoke(
        'operation',
        API_TIMEOUT_MS,
        (instance) => this.#redemptions(instance).read(id),
        (result) => {
          const isGone = result instanceof Problem && result.status === 404;
          if (isGone || (!(result instanceof Error) && result.outcome.state !== 'pending')) this.#watched.delete(id);
        },
      );
    }
  }

  #register(): void {
    const { phone, key, name } = this.#script;
    const registration = { phone, name, locale: 'en' };
    this.#send(
      'register',
      (instance) => this.#members(instance).register(registration, 'ES', key, CAUSE),
      1,
      false,
      (result, isFirst) => {
        const answer = result instanceof Problem ? `refused: ${result.message}` : `member ${result.member.id}`;
        this.#options.history.registrations.push({ phone, key, fingerprint: name, answer });
        if (!isFirst) return;
        if (result instanceof Problem) this.#step = Number.POSITIVE_INFINITY;
        else this.#memberId = result.member.id;
      },
    );
  }

  #change(atOnce: boolean): void {
    const { inBurst, changes, name } = this.#script;
    const step = this.#step;
    const burst = inBurst && step > 1 ? changes - step + 1 : 1;
    const change = async (instance: Instance) => {
      const members = this.#members(instance);
      for (let count = 0; count < burst; count++) {
        const { version } = await members.read(this.#memberId);
        await members.change(this.#memberId, { ifMatch: `"${version}"` }, { name: `${name} ${step}` }, CAUSE);
      }
    };
    this.#send('change', change, burst, atOnce);
  }

  #redeem(atOnce: boolean): void {
    const { expiresIn } = this.#script;
    const key = `operation ${this.#step}`;
    const redeem = (instance: Instance) =>
      this.#redemptions(instance).redeem(this.#memberId, { points: REDEEMED, expiresIn }, key, CAUSE);
    this.#send('redeem', redeem, 1, atOnce, (result) => {
      if (result instanceof Problem) return;
      this.#options.history.returnedOperations.push({ operationId: result.id, memberId: this.#memberId });
      this.#watched.add(result.id);
    });
  }

  /** @param steps the number of steps that the response completes */
  #send<T>(
    what: string,
    run: (instance: Instance) => Promise<T>,
    steps: number,
    atOnce: boolean,
    onAnswer: (result: T | Problem, isFirst: boolean) => void = () => {},
  ): void {
    const step = this.#step;
    this.#options.scheduler.invoke(
      what,
      API_TIMEOUT_MS,
      run,
      (result) => {
        if (result instanceof Error && !(result instanceof Problem)) return;
        const isFirst = this.#step === step;
        if (isFirst) {
          this.#step = step + steps;
          this.#attempts = 0;
        }
        onAnswer(result, isFirst);
      },
      atOnce,
    );
  }

  #dependencies(instance: Instance) {
    const { scheduler, tables, newId } = this.#options;
    const stores = { client: tables.clientOf(instance), membersTable: MEMBERS, outboxTable: OUTBOX };
    return { stores, newId, audit: () => {}, now: () => new Date(scheduler.now + instance.skewMs) };
  }

  #members(instance: Instance) {
    const { stores, ...others } = this.#dependencies(instance);
    const { subscribers } = this.#options;
    const pseudonym = async (phone: string) => phone;
    return createMembers({
      ...others,
      store: createMemberStore({
        ...stores,
        pseudonym,
        subscribers: async () => [...subscribers],
        phoneLimit: PHONE_LIMIT,
        phonesRememberedDays: 1,
      }),
      // Rate limits are left out, because they only refuse requests before anything is written.
      admission: { admitPhone: async () => {}, refuseSpentPhone: async () => {} },
    });
  }

  #redemptions(instance: Instance) {
    const { stores, ...others } = this.#dependencies(instance);
    const { client, membersTable, outboxTable } = stores;
    return createRedemptions({ ...others, client, MEMBERS_TABLE: membersTable, OUTBOX_TABLE: outboxTable });
  }
}
