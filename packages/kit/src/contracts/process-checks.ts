import type { Exchange, ProcessDescriptor, ProcessStep } from './process-descriptor.ts';

/** @throws {Error} if the process is inconsistent; the message names the mistake */
export function checkProcess({ name, replies, deadline, steps }: ProcessDescriptor): void {
  const refuse = (why: string): never => {
    throw new Error(`process ${name}: ${why}`);
  };
  if (!/^[a-z][a-z0-9-]*$/.test(name)) refuse('its name must consist of lower-case letters, digits and hyphens');
  if (replies.kind !== 'queue' || replies.ordered)
    refuse(`its replies arrive on ${replies.name}, which must be a queue with \`ordered: false\``);
  if (replies.large) refuse(`its replies arrive on ${replies.name}, which cannot be \`large\``);
  if (steps.length === 0) refuse('it has no steps');
  const duplicate = repeated(steps.map(({ name: step }) => step));
  if (duplicate !== undefined) refuse(`two steps are called ${duplicate}`);
  const pivots = steps.filter(({ pivot }) => pivot).map(({ name: step }) => step);
  if (pivots.length > 1) refuse(`it can have one pivot, not ${pivots.join(' and ')}`);
  const pivot = steps.findIndex((step) => step.pivot);
  const afterPivot = pivot < 0 ? undefined : steps.slice(pivot + 1).find(({ compensate }) => compensate);
  if (afterPivot)
    refuse(
      `step ${afterPivot.name} comes after the pivot ${pivots[0]}, so it is never compensated: remove its compensation`,
    );
  if (!deadline && (steps.length > 1 || steps[0]?.compensate?.ok))
    refuse(
      'without a `deadline` it can have only one step, and the compensation of this step cannot have `ok`. No message would make the process continue after an overdue reply or a refused compensation',
    );
  if (!deadline && steps[0]?.pivot && !steps[0].compensate)
    refuse(
      `its step ${pivots[0]} is a pivot without compensation, so the process needs a \`deadline\`: without it, a process whose step gets no reply could not end`,
    );
  const exchanges = steps.flatMap(exchangesOf);
  for (const { owner, exchange } of exchanges) checkExchange(exchange, (why) => refuse(`${owner} ${why}`));
  const replyTypes = exchanges.map(({ exchange: { reply } }) => reply.type);
  const shared = repeated(replyTypes);
  if (shared !== undefined)
    refuse(`${shared} is the reply to two of its commands: give each command its own reply type`);
  const expected = [...replyTypes, ...(deadline ? [deadline.type] : [])];
  const types = replies.messages.map(({ type }) => type);
  for (const type of expected) if (!types.includes(type)) refuse(`${type} is not a message of ${replies.name}`);
  for (const type of types) if (!expected.includes(type)) refuse(`no step waits for ${type} of ${replies.name}`);
}

const exchangesOf = (step: ProcessStep) => [
  { owner: `step ${step.name}`, exchange: step as Exchange },
  ...(step.compensate ? [{ owner: `the compensation of ${step.name}`, exchange: step.compensate }] : []),
];

function checkExchange({ send: [channel, contract], within }: Exchange, refuse: (why: string) => never): void {
  if (channel.kind !== 'queue') refuse(`sends a command to ${channel.name}, which is not a queue`);
  if (!channel.messages.some(({ type }) => type === contract.type))
    refuse(`sends ${contract.type}, which is not a message of ${channel.name}`);
  if (contract.subjectField === undefined) refuse(`sends ${contract.type}, which has no subjectField`);
  if (typeof within === 'number' && !(within > 0)) refuse(`waits ${within} seconds: \`within\` must be positive`);
}

const repeated = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index);
