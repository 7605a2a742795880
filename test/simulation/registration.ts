import { isDeepStrictEqual } from 'node:util';
import type { ProcessState } from '@rollcall/kit/internal/messaging/process/state';
import type { Item } from '@rollcall/kit/internal/testing/simulation/expressions';
import type { Change } from '@rollcall/kit/internal/testing/simulation/table';
import type { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import { operationOf } from '../../functions/registration/operation.ts';
import type { RedemptionData } from '../../functions/registration/redemption.process.ts';
import type { FinalTables, History } from './history.ts';
import { MEMBERS, OUTBOX } from './services.ts';

type Observations = Pick<
  History,
  'committed' | 'deactivations' | 'phonesTakenTwice' | 'endedTwice' | 'endedLate' | 'overwrittenReplies'
>;

/** Observes the commits to the tables of the registration service, and reads the tables at the end. */
export class RegistrationObserver {
  readonly #tables: Tables;
  readonly #observations: Observations;
  /** The personal data of each member, which must not be stored after an erasure. */
  readonly secrets = new Map<string, string[]>();
  /** The member who last registered each phone. */
  readonly #phones = new Map<string, string>();

  constructor(tables: Tables, seen: Observations) {
    this.#tables = tables;
    this.#observations = seen;
    tables.create(MEMBERS, { keys: ['pk'] });
    tables.onWrite((changes) => {
      for (const change of changes) {
        if (change.table === OUTBOX && !change.before && change.after) this.#onCommitted(change.after);
        if (change.table !== MEMBERS) continue;
        if (String(change.after?.pk).startsWith('member#')) this.#onMember(change);
        if (String(change.after?.pk).startsWith('operation#')) this.#onOperation(change);
        if (/^(onboarding|erasure)#/.test(String(change.after?.pk))) this.#onAnswer(change);
      }
    });
  }

  #onCommitted({ version, messages }: Item): void {
    for (const { channel, body } of messages as Array<{ channel: string; body: string }>) {
      const { id, subject, correlationid } = JSON.parse(body);
      this.#observations.committed.push({
        ...{ channel, aggregateId: subject, version: version as number },
        ...{ messageId: id, operationId: correlationid },
      });
    }
  }

  #onMember({ before, after = {} }: Change): void {
    const [id, phone, name] = [after.id, after.phone, after.name] as string[] as [string, string, string];
    const active = (memberId = '') => this.#item(`member#${memberId}`)?.status === 'active';
    const holder = this.#phones.get(phone);
    if (!before && holder !== undefined && active(holder))
      this.#observations.phonesTakenTwice.push(`${phone} by ${holder} and ${id}`);
    if (!before) this.#phones.set(phone, id);
    if (after.status === 'active') this.secrets.set(id, [...(this.secrets.get(id) ?? []), phone, name]);
    else this.#observations.deactivations.push({ aggregateId: id, version: after.version as number });
  }

  #onOperation({ before, after }: Change): void {
    const [was, is] = [before, after].map((item) => item && stateOf(item).outcome.state);
    if (was !== undefined && was !== 'pending' && was !== is)
      this.#observations.endedTwice.push(`${after?.pk}: ${was}, ${is}`);
    if (was !== 'pending' || is !== 'succeeded' || !after) return;
    const { changedAt, data } = after as unknown as ProcessState<RedemptionData>;
    if (changedAt >= data.deadline)
      this.#observations.endedLate.push(`${after.pk}: at ${changedAt}, after the deadline ${data.deadline}`);
  }

  /** Records overwritten replies: for each step and each erasure, only the first reply of a service is valid. */
  #onAnswer({ before = {}, after = {} }: Change): void {
    for (const [name, value] of Object.entries(before))
      if (!isDeepStrictEqual(after[name], value)) this.#observations.overwrittenReplies.push(`${after.pk} ${name}`);
  }

  #item = (pk: string): Item | undefined => this.#tables.items(MEMBERS).find((item) => item.pk === pk);

  finalTables(isSettled: boolean): FinalTables {
    const members = this.#tables.items(MEMBERS);
    const ofKind = (kind: string) =>
      members
        .filter(({ pk }) => String(pk).startsWith(`${kind}#`))
        .map((item) => ({ id: String(item.pk).slice(kind.length + 1), item }));
    return {
      isSettled,
      operations: ofKind('operation').map(({ item }) => {
        const { id, memberId, outcome } = stateOf(item);
        return { id, memberId, ...outcome };
      }),
      accounts: this.#accounts(),
      erasures: ofKind('erasure').map(({ id, item }) => ({
        memberId: id,
        services: item.services as string[],
        confirmed: suffixesOf(item, 'confirmed#'),
      })),
      answers: ofKind('onboarding').flatMap(({ id, item }) =>
        suffixesOf(item, 'answer#').map((name) => ({ memberId: id, source: name.split('#')[0] as string })),
      ),
    };
  }

  #accounts(): FinalTables['accounts'] {
    const items = this.#tables.items('points');
    return items
      .filter(({ sk, accountState }) => sk === 'account' && accountState !== undefined)
      .map(({ pk, balance = 0, opening }) => ({
        memberId: pk as string,
        balance: balance as number,
        opening: (opening as { points: number } | undefined)?.points ?? 0,
        entries: items
          .filter((item) => item.pk === pk && String(item.sk).startsWith('ledger#'))
          .map(({ sk, points, reason }) => ({
            messageId: String(sk).slice('ledger#'.length),
            points: points as number,
            reason: reason as string,
          })),
      }));
  }
}

const stateOf = (item: Item) => operationOf(item as unknown as ProcessState<RedemptionData>);

/** Returns the names of the attributes that begin with a prefix, without the prefix. */
const suffixesOf = (item: Item, prefix: string): string[] =>
  Object.keys(item).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
