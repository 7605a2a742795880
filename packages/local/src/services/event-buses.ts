import { randomUUID } from 'node:crypto';
import { CloudError } from '../errors/cloud-error.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
export interface BusEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  /** Truncated to whole seconds. */
  time: string;
  region: string;
  resources: string[];
  detail: unknown;
}

export interface BusRule {
  matches: (event: unknown) => boolean;
  /** Delivers an event to all targets of the rule. */
  deliver: (event: BusEvent) => Promise<void>;
}

interface Entry {
  Source?: string;
  DetailType?: string;
  Detail?: string;
  Resources?: string[];
  Time?: number | string;
  EventBusName?: string;
}

interface Refusal {
  ErrorCode: string;
  ErrorMessage: string;
}

export const DEFAULT_BUS = 'default';
const MAX_ENTRIES = 10;

const busOf = (nameOrArn = DEFAULT_BUS): string => nameOrArn.replace(/^arn:.*:event-bus\//, '');

/** The supported part of EventBridge: buses deliver events to the targets of matching rules. */
export class EventBuses {
  readonly #place: { region: string; accountId: string };
  #buses = new Set([DEFAULT_BUS]);
  #rules: Array<BusRule & { bus: string }> = [];

  constructor({ region, accountId }: { region: string; accountId: string }) {
    this.#place = { region, accountId };
  }

  add(bus: string): void {
    this.#buses.add(bus);
  }

  addRule(bus: string, rule: BusRule): void {
    this.#rules.push({ ...rule, bus });
  }

  /** Replaces the buses and rules with the buses and rules of another instance, atomically. */
  replaceWith(other: EventBuses): void {
    this.#buses = other.#buses;
    this.#rules = other.#rules;
  }

  /** @throws {CloudError} if there is no such bus */
  require(bus: string, errorPrefix: string): void {
    if (!this.#buses.has(bus)) throw new CloudError(`${errorPrefix}: there is no event bus ${bus}.`);
  }

  /**
   * Puts an event on a bus. Resolves when all queues and topics have the event, and the functions are being invoked.
   */
  async put(bus: string, event: BusEvent): Promise<void> {
    const matching = this.#rules.filter((rule) => rule.bus === bus && rule.matches(event));
    await Promise.all(matching.map(({ deliver }) => deliver(event)));
  }

  /** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
  async handle(operation: string, request: string): Promise<{ status: number; body: unknown }> {
    if (operation !== 'PutEvents')
      return error(
        'UnknownOperationException',
        `The embedded cloud supports only PutEvents of EventBridge, not ${operation}.`,
      );
    const { Entries = [] } = JSON.parse(request) as { Entries?: Entry[] };
    if (Entries.length === 0 || Entries.length > MAX_ENTRIES)
      return error('ValidationException', `There must be 1 to ${MAX_ENTRIES} entries, not ${Entries.length}.`);
    const results = await Promise.all(Entries.map((entry) => this.#putEntry(entry)));
    const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
    return { status: 200, body: { FailedEntryCount, Entries: results } };
  }

  async #putEntry(entry: Entry): Promise<Refusal | { EventId: string }> {
    const bus = busOf(entry.EventBusName);
    const refusal = this.#refusalOf(entry, bus);
    if (refusal) return refusal;
    const { Source = '', DetailType = '', Detail = '', Resources = [], Time } = entry;
    const at = Time === undefined ? new Date() : new Date(typeof Time === 'number' ? Time * 1000 : Time);
    const event: BusEvent = {
      version: '0',
      id: randomUUID(),
      'detail-type': DetailType,
      source: Source,
      account: this.#place.accountId,
      time: at.toISOString().replace(/\.\d+Z$/, 'Z'),
      region: this.#place.region,
      resources: Resources,
      detail: JSON.parse(Detail),
    };
    await this.put(bus, event);
    return { EventId: event.id };
  }

  #refusalOf({ Source, DetailType, Detail }: Entry, bus: string): Refusal | undefined {
    const refused = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
    for (const [name, value] of Object.entries({ Source, DetailType, Detail }))
      if (!value)
        return refused('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
    if (Source?.startsWith('aws.')) return refused('NotAuthorizedForSource', 'Not authorized for the source.');
    if (!isObject(Detail ?? '')) return refused('MalformedDetail', 'Detail is malformed.');
    // Differs from AWS, which accepts an entry for an unknown bus, and does not deliver it.
    if (!this.#buses.has(bus)) return refused('ResourceNotFoundException', `Event bus ${bus} does not exist.`);
    return undefined;
  }
}

const error = (type: string, message: string) => ({ status: 400, body: { __type: type, message, Message: message } });

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
