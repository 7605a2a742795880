import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Violation } from './history.ts';

const root = join(import.meta.dirname, '../..');

/** A change of the kit's own source that takes away what a guarantee rests on. */
export interface Mutant {
  name: string;
  /** What the checker must report; either, where losing a message and losing its place come to the same. */
  breaks: Array<Violation['guarantee']>;
  /** That finds it soon, where the first would take a minute. */
  seed?: number;
  file: string;
  from: string;
  to: string;
}

const relay = 'shared/messaging/relay.ts';
const applier = 'shared/messaging/applier.ts';
const parking = 'shared/messaging/parking.ts';
const release = 'shared/messaging/release.ts';
const parked = 'shared/messaging/parked.ts';
const consumer = 'shared/messaging/consumer.ts';
const subscriber = 'shared/messaging/subscriber.ts';
const cursor = 'shared/messaging/cursor.ts';
const sender = 'shared/messaging/sender.ts';
const members = 'functions/registration/members.ts';

export const mutants: Mutant[] = [
  {
    name: 'outbox-row-deleted-unconfirmed',
    breaks: ['G1', 'G2'],
    file: relay,
    from: 'else published.push(row);',
    to: 'published.push(row);',
  },
  {
    name: 'failed-entries-ignored',
    breaks: ['G1', 'G2'],
    file: sender,
    from: 'return confirmed.has(id) ? [] : [[message,',
    to: 'return confirmed.has(id) || true ? [] : [[message,',
  },
  {
    name: 'relay-publishes-what-woke-it',
    breaks: ['G2'],
    file: relay,
    from: 'return last.version === 1 ? [last] : outbox.pendingUpTo(last.aggregateId, last.version);',
    to: 'return [last];',
  },
  {
    name: 'relay-reads-past-the-doorbell',
    breaks: ['G2'],
    seed: 106,
    file: relay,
    from: 'outbox.pendingUpTo(last.aggregateId, last.version)',
    to: 'outbox.pendingUpTo(last.aggregateId, Number.MAX_SAFE_INTEGER)',
  },
  {
    name: 'no-waves',
    breaks: ['G2'],
    file: relay,
    from: 'queues.flatMap((queue) => queue[wave] ?? [])',
    to: 'wave === 0 ? queues.flat() : []',
  },
  {
    name: 'relay-goes-on-after-a-failure',
    breaks: ['G2'],
    file: relay,
    from: 'queues.filter(([first]) => first && !failed.has(first.aggregateId))',
    to: 'queues.filter(([first]) => first)',
  },
  {
    name: 'no-gap-check',
    breaks: ['G3'],
    file: cursor,
    from: "if (version > cursor.version) return { action: 'park', because: 'gap' };",
    to: "if (version > cursor.version) return { action: 'apply', after: cursor.version };",
  },
  {
    name: 'duplicates-applied',
    breaks: ['G3'],
    file: cursor,
    from: ": { action: 'acknowledge' };",
    to: ": { action: 'apply', after: cursor.version };",
  },
  {
    name: 'effect-before-the-cursor',
    breaks: ['G3'],
    file: applier,
    from: 'const claim = await store.commit(aggregateId, after, next, { ...effect, set });',
    to: `const early = await store.commit(aggregateId, after, { version: after }, { ...effect, set });
    const claim = early.state === 'done' ? await store.commit(aggregateId, after, next, {}) : early;`,
  },
  {
    name: 'cursor-before-the-effect',
    breaks: ['G1', 'G3'],
    file: applier,
    from: 'const claim = await store.commit(aggregateId, after, next, { ...effect, set });',
    to: `const claimed = await store.commit(aggregateId, after, next, {});
    const claim = claimed.state === 'done' ? await store.commit(aggregateId, next.version, next, { ...effect, set }) : claimed;`,
  },
  {
    name: 'early-subscriber-adopts',
    // By its sweep, or by a discard: then version 1 is below the baseline for ever.
    breaks: ['G3', 'G4'],
    file: release,
    from: 'joinsLate && ageOf(parked, now()) >= ADOPT_AFTER_MS',
    to: 'ageOf(parked, now()) >= ADOPT_AFTER_MS',
  },
  {
    name: 'late-subscriber-never-adopts',
    breaks: ['G4'],
    file: release,
    from: 'joinsLate && ageOf(parked, now()) >= ADOPT_AFTER_MS',
    to: 'false',
  },
  {
    name: 'other-rendition-moves-the-cursor',
    breaks: ['G1', 'G3'],
    file: applier,
    from: "if (isOtherRendition(envelope, contracts)) return { outcome: 'ignored' };",
    to: `if (isOtherRendition(envelope, contracts)) {
        await store.commit(envelope.subject, 0, { version: 1 }, {});
        return { outcome: 'ignored' };
      }`,
  },
  {
    name: 'reply-lost-in-a-crash',
    breaks: ['G1'],
    file: applier,
    from: 'if (sender) await send(place, await store.unsent(place));',
    to: '',
  },
  {
    name: 'reply-forgotten-before-it-is-sent',
    breaks: ['G1'],
    file: applier,
    from: 'const errors = await sender.send(messages);',
    to: `await store.sent(place, []);
    const errors = await sender.send(messages);`,
  },
  {
    name: 'parked-reply-forgotten',
    breaks: ['G1'],
    seed: 216,
    file: release,
    from: 'await applier.settle(parked);',
    to: '',
  },
  {
    name: 'acknowledged-before-commit',
    breaks: ['G1'],
    file: consumer,
    from: 'return giveBack(records.slice(index), error as Error);',
    to: 'return;',
  },
  {
    name: 'too-early-acknowledged',
    breaks: ['G1'],
    file: subscriber,
    from: "if (attempted.outcome === 'parked') await park(envelope, delivery, attempted, { attempts: triesOf(receives) });",
    to: "if (attempted.outcome === 'parked' && attempted.reason !== 'gap') await park(envelope, delivery, attempted, { attempts: 1 });",
  },
  {
    name: 'failed-for-good-acknowledged',
    breaks: ['G1'],
    file: applier,
    from: "return { outcome: 'parked', reason: error instanceof HeldError ? 'held' : 'failed', error };",
    to: "return { outcome: 'duplicate' };",
  },
  {
    name: 'failed-for-good-skipped',
    breaks: ['G1', 'G4'],
    file: applier,
    from: "return { outcome: 'parked', reason: error instanceof HeldError ? 'held' : 'failed', error };",
    to: `await store.commit(place.aggregateId, place.version - 1, { version: place.version }, {});
    return { outcome: 'parked', reason: 'failed', error };`,
  },
  {
    name: 'dead-letters-dropped',
    breaks: ['G1'],
    file: subscriber,
    from: 'await park(envelope, delivery, suspect, { attempts: delivery.receives, unanswered: 1 });',
    to: '',
  },
  {
    name: 'unreadable-dropped',
    breaks: ['G1'],
    file: subscriber,
    from: 'await parkUnreadable(delivery, error);',
    to: '',
  },
  {
    name: 'unparked-before-applied',
    breaks: ['G1'],
    file: release,
    from: 'await store.park({ ...parked, reason, attempts, unanswered, nextTryAt: nextTry(attempts) });',
    to: 'await store.unpark(parked);',
  },
  {
    name: 'redrive-out-of-order',
    seed: 2,
    breaks: ['G4'],
    file: parking,
    from: 'const queue = await store.parkedOf(aggregateId);\n      const last',
    to: 'const queue = (await store.parkedOf(aggregateId)).toReversed();\n      const last',
  },
  {
    name: 'sweep-never-retries',
    breaks: ['G4'],
    file: release,
    from: "return (reason === 'retry' || reason === 'unsent') && Date.parse(nextTryAt) <= now().getTime();",
    to: 'return false;',
  },
  {
    name: 'nobody-is-told',
    breaks: ['G4'],
    file: parked,
    from: "(parked.reason !== 'held' && isOld(parked, now))",
    to: 'false',
  },
  {
    name: 'age-forgotten-at-each-try',
    breaks: ['G4'],
    file: release,
    from: 'attempted, { attempts, parkedAt: parked.parkedAt }',
    to: 'attempted, { attempts }',
  },
  {
    name: 'deaths-not-counted',
    breaks: ['rest', 'G4'],
    file: release,
    from: 'const unanswered = (parked.unanswered ?? 0) + 1;',
    to: 'const unanswered = 1;',
  },
  {
    name: 'discard-out-of-turn',
    breaks: ['G1', 'G3', 'G4'],
    file: 'shared/messaging/discard.ts',
    from: "if (decision.action === 'apply') return { after: decision.after, next: { version } };",
    to: "if (decision.action !== 'adopt') return { after: version - 1, next: { version } };\n    return { after: 0, next: { version } };",
  },
  {
    name: 'committed-before-the-call',
    breaks: ['G5'],
    file: applier,
    from: 'const leased = await store.lease(aggregateId, after, lease);',
    to: 'const leased = await store.commit(aggregateId, after, next, effect);',
  },
  {
    name: 'lease-not-heeded',
    breaks: ['G5'],
    seed: 21,
    file: applier,
    from: "if (leased.state !== 'done') return leased;",
    to: '',
  },
  {
    name: 'text-sent-twice',
    breaks: ['G5'],
    file: applier,
    from: 'await withinBudget(left, () => call(leased.again ?? false));',
    to: '(await Promise.all([call(false), call(false)]))[0];',
  },
  {
    name: 'a-new-key-for-every-try',
    breaks: ['G5'],
    file: 'functions/sms/welcome.ts',
    from: 'idempotencyKey: id',
    to: 'idempotencyKey: `${id} ${performance.now()}`',
  },
  {
    name: 'leaving-dropped',
    breaks: ['erasure'],
    file: parking,
    from: 'if (parked.version < last.version) return one.drop(parked, how);',
    to: 'if (parked.version <= last.version) return one.drop(parked, how);',
  },
  {
    name: 'leaving-waits-for-what-failed',
    breaks: ['erasure'],
    file: parking,
    from: 'if (parked.version < last.version) return one.drop(parked, how);',
    to: '',
  },
  {
    name: 'nothing-erased',
    breaks: ['erasure'],
    file: applier,
    from: "if (erases && claim.state === 'done') await store.eraseLeft(aggregateId);",
    to: '',
  },
  {
    name: 'kept-for-being-later',
    breaks: ['erasure'],
    file: cursor,
    from: "if (cursor.erased) return { action: 'acknowledge' };",
    to: '',
  },
  {
    name: 'idempotency-key-forgotten',
    breaks: ['G6'],
    file: members,
    from: 'if (!idempotencyKey || held.idempotencyKey !== idempotencyKey) {',
    to: 'if (held) {',
  },
  {
    name: 'replay-invents-a-member',
    breaks: ['G6'],
    file: members,
    from: 'member: { ...member, id: held.holder, registeredAt: held.registeredAt }',
    to: 'member',
  },
];

/**
 * Puts a mutant in the place of the source, for whatever is imported from now on.
 * @throws {Error} if the source is no longer as the mutant expects it
 */
export function install({ name, file, from, to }: Mutant): void {
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`mutant ${name}: ${file} does not have exactly once:\n${from}`);
  const url = pathToFileURL(path).href;
  registerHooks({
    load: (loaded, context, next) =>
      loaded === url
        ? { format: 'module-typescript', source: source.replace(from, () => to), shortCircuit: true }
        : next(loaded, context),
  });
}
