import type { Decision } from '@rollcall/kit/internal/messaging/decision';
import { type AddressedDraft, type CommandContext, draft, draftTo } from '@rollcall/kit/internal/messaging/draft';
import type { Instance, Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import type { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import type { LaterObserver } from './observer.ts';
import type { LaterScenario, Step } from './scenario.ts';
import {
  changed,
  charge,
  forgotten,
  labels,
  type Order,
  type orderEvents,
  payments,
  print,
  reminded,
  shopOf,
} from './shop.ts';

const TIMEOUT_MS = 10_000;
/** The maximum number of attempts at a step before the fault-free phase. */
const ATTEMPTS = 4;

type OrderDecision = Decision<Order, (typeof orderEvents.messages)[number], 'cancelled'>;

export interface LaterClientOptions {
  scheduler: Scheduler;
  tables: Tables;
  observer: LaterObserver;
  newId: () => string;
}

/** A client, which executes one step after the other. It repeats a step if the response is missing or `busy`. */
export class LaterClient {
  readonly #steps: readonly Step[];
  readonly #order: string;
  readonly #options: LaterClientOptions;
  #next = 0;
  #attempts = 0;

  constructor({ order, steps }: LaterScenario['clients'][number], options: LaterClientOptions) {
    this.#order = `order-${order}`;
    this.#steps = steps;
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#next >= this.#steps.length;
  }

  get isPatient(): boolean {
    return this.#attempts < ATTEMPTS;
  }

  request(): void {
    const [step, number] = [this.#steps[this.#next], this.#next];
    if (!step) return;
    this.#attempts++;
    const { scheduler, observer } = this.#options;
    let by = '';
    scheduler.invoke(
      step.act,
      TIMEOUT_MS,
      (instance) => {
        by = instance.name;
        return this.#do(step, instance);
      },
      (result) => {
        if (result instanceof Error || result === 'busy') return;
        if (result === 'cancelled') observer.onCancelled(by);
        if (this.#next !== number) return;
        this.#next++;
        this.#attempts = 0;
      },
    );
  }

  /** Executes a step, and returns the response. */
  async #do(step: Step, instance: Instance): Promise<string> {
    const { scheduler, tables, newId } = this.#options;
    const { orders, later } = shopOf(tables.clientOf(instance));
    const now = new Date(scheduler.now + instance.skewMs);
    const context: CommandContext = { now, newId };
    const subject = this.#order;
    if (step.act === 'cancel' && step.alone) {
      const { cancelled } = await later.cancel({ subject, name: step.name });
      return cancelled ? 'cancelled' : 'too late';
    }
    const decision = decisionOf(step, subject, now);
    const beside =
      step.act === 'cancel' ? { beside: { cancelled: later.cancelling({ subject, name: step.name }) } } : {};
    const decide = (before?: Order) => (before?.isForgotten ? undefined : { ...decision, ...beside });
    const changed = await orders.change(subject, decide, context);
    const { result } =
      changed.result === 'missing' ? await orders.create(subject, { ...decision, ...beside }, context) : changed;
    // Another client has created the order in the meantime.
    if (result === 'taken') return 'busy';
    return step.act === 'cancel' && result === 'done' ? 'cancelled' : result;
  }
}

function decisionOf(step: Step, orderId: string, now: Date): OrderDecision {
  const state = { isForgotten: step.act === 'forget' };
  const event = draft(step.act === 'forget' ? forgotten : changed, { orderId });
  if (step.act === 'send') return { state, events: [event], send: [draftTo(payments, charge, { orderId })] };
  if (step.act !== 'send later') return { state, events: [event] };
  const { seconds, name, what } = step;
  const about = { orderId, notBefore: new Date(now.getTime() + seconds * 1_000).toISOString() };
  const when = { after: seconds, ...(name && { name }) };
  if (what === 'event') return { state, events: [event, draft(reminded, about, when)] };
  const send: AddressedDraft[] =
    what === 'command' ? [draftTo(payments, charge, about, when)] : [draftTo(labels, print, about, when)];
  return { state, events: [event], send };
}
