import { needsPerson } from '@rollcall/kit/internal/messaging/parked';
import { circuitsOf } from '../circuits.ts';
import { switchesOf } from '../switches.ts';
import { type Check, failed, ok, warning } from './examination.ts';

/** `failed` is the threshold of the alarm `Backlog`. */
const BACKLOG = { failed: 10_000, warning: 1_000 };
/** Every minute, the sweep publishes the rows that the relay has missed. So a row should wait for at most a minute. */
const OUTBOX_MS = { failed: 5 * 60_000, warning: 60_000 };

const isDeadLetters = ({ queue }: { queue: string }) => /-(dlq|undelivered)(\.fifo)?$/.test(queue);

export const backlogs: Check = async ({ stage }) => {
  const queues = (await stage.queues()).filter((queue) => !isDeadLetters(queue));
  const most = queues.toSorted((a, b) => b.visible - a.visible)[0];
  if (!most || most.visible < BACKLOG.warning) return ok(`at most ${most?.visible ?? 0} messages wait in a queue`);
  const found = `${most.visible} messages wait in ${most.queue}`;
  const remedy =
    'check whether the number falls (npm run ops -- queues), and whether a capability is switched off (npm run ops -- switch list)';
  return most.visible < BACKLOG.failed ? warning(found, remedy) : failed(found, remedy);
};

export const deadLetters: Check = async ({ stage }) => {
  const filled = (await stage.queues()).filter((state) => isDeadLetters(state) && state.visible + state.inFlight > 0);
  if (filled.length === 0) return ok('no queue has dead letters');
  const what = filled.map(({ queue, visible, inFlight }) => `${queue} has ${visible + inFlight}`).join(', ');
  return warning(what, 'the sweep parks them within two minutes; if not, read the logs of the function *-sweep');
};

export const outbox: Check = async ({ stage, now }) => {
  let [rows, oldest] = [0, now.toISOString()];
  for await (const page of stage.outbox()) {
    rows += page.length;
    for (const { committedAt } of page) if (committedAt < oldest) oldest = committedAt;
  }
  const ageMs = now.getTime() - Date.parse(oldest);
  if (ageMs < OUTBOX_MS.warning) return ok(`${rows} messages wait to be published, none for longer than a minute`);
  const found = `${rows} messages wait to be published, the oldest for ${Math.round(ageMs / 60_000)} minutes`;
  const remedy = 'publish them, and see why some fail: npm run ops -- outbox publish';
  return ageMs < OUTBOX_MS.failed ? warning(found, remedy) : failed(found, remedy);
};

export const parked: Check = async ({ stage, now }) => {
  const counts = await Promise.all(
    (await stage.subscribers()).map(async (subscriber) => {
      let [forPerson, held] = [0, 0];
      for await (const page of stage.parked(subscriber)) {
        forPerson += page.filter((one) => needsPerson(one, now)).length;
        held += page.filter(({ reason }) => reason === 'held').length;
      }
      return { subscriber, forPerson, held };
    }),
  );
  const found = [
    ...listed(
      'messages need an operator',
      counts.map(({ subscriber, forPerson }) => [subscriber, forPerson]),
    ),
    ...listed(
      'messages are held until an operator releases them',
      counts.map(({ subscriber, held }) => [subscriber, held]),
    ),
  ];
  if (found.length === 0) return ok('no message needs an operator, and none is held');
  return warning(found.join('; '), 'npm run ops -- parked list');
};

/** A text with the counts that are not zero, by subscriber. Empty if all counts are zero. */
function listed(what: string, counts: ReadonlyArray<readonly [subscriber: string, count: number]>): string[] {
  const some = counts.filter(([, count]) => count > 0).map(([subscriber, count]) => `${count} of ${subscriber}`);
  return some.length > 0 ? [`${what}: ${some.join(', ')}`] : [];
}

export const circuits: Check = async ({ stage, now }) => {
  const open = (await circuitsOf(stage, now)).filter(({ state }) => state !== 'closed');
  if (open.length === 0) return ok('every circuit is closed');
  const what = open.map(({ circuit, because }) => `${circuit}: ${because}`).join('; ');
  return warning(`circuits are open: ${what}`, 'npm run ops -- circuit list');
};

export const switches: Check = async ({ stage, now }) => {
  const switched = (await switchesOf(stage, now)).filter(({ mode }) => mode !== 'on');
  if (switched.length === 0) return ok('every capability is on');
  const what = switched.map(({ capability, mode, by, why }) => `${capability} is switched to ${mode} (${by}: ${why})`);
  return warning(what.join('; '), "npm run ops -- switch set CAPABILITY on --why '…'");
};
