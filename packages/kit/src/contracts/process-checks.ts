import type { Exchange, ProcessDescriptor, ProcessStep } from './process-descriptor.ts';

/** @throws {Error} that names what does not fit together */
export function checkProcess({ name, replies, deadline, steps }: ProcessDescriptor): void {
  const refuse = (why: string): never => {
    throw new Error(`process ${name}: ${why}`);
  };
  if (!/^[a-z][a-z0-9-]*$/.test(name)) refuse('its name is small letters, digits and hyphens');
  if (replies.kind !== 'queue' || replies.ordered)
    refuse(`its replies come to ${replies.name}, which must be a queue with \`ordered: false\``);
  if (replies.large) refuse(`its replies come to ${replies.name}, which cannot be \`large\``);
  if (steps.length === 0) refuse('it has no steps');
  const twice = repeated(steps.map(({ name: step }) => step));
  if (twice !== undefined) refuse(`two steps are called ${twice}`);
  const pivots = steps.filter(({ pivot }) => pivot).map(({ name: step }) => step);
  if (pivots.length > 1) refuse(`it has one pivot at most, not ${pivots.join(' and ')}`);
  const pivot = steps.findIndex((step) => step.pivot);
  const late = pivot < 0 ? undefined : steps.slice(pivot + 1).find(({ compensate }) => compensate);
  if (late) refuse(`step ${late.name} comes after the pivot ${pivots[0]}: it is never compensated`);
  if (!deadline && (steps.length > 1 || steps[0]?.compensate?.ok))
    refuse('without a `deadline` it has one step, and its compensation no `ok`: nothing would tell it to go on');
  if (!deadline && steps[0]?.pivot && !steps[0].compensate)
    refuse(
      `its step ${pivots[0]} is a pivot that nothing undoes, which is sent until it is done: that takes a \`deadline\``,
    );
  const exchanges = steps.flatMap(exchangesOf);
  for (const { who, exchange } of exchanges) checkExchange(exchange, (why) => refuse(`${who} ${why}`));
  const answers = exchanges.map(({ exchange: { reply } }) => reply.type);
  const shared = repeated(answers);
  if (shared !== undefined) refuse(`${shared} answers two of its commands: each has a reply of its own`);
  const expected = [...answers, ...(deadline ? [deadline.type] : [])];
  const types = replies.messages.map(({ type }) => type);
  for (const type of expected) if (!types.includes(type)) refuse(`${type} is no message of ${replies.name}`);
  for (const type of types) if (!expected.includes(type)) refuse(`no step waits for ${type} of ${replies.name}`);
}

const exchangesOf = (step: ProcessStep) => [
  { who: `step ${step.name}`, exchange: step as Exchange },
  ...(step.compensate ? [{ who: `the compensation of ${step.name}`, exchange: step.compensate }] : []),
];

function checkExchange({ send: [channel, contract], within }: Exchange, refuse: (why: string) => never): void {
  if (channel.kind !== 'queue') refuse(`sends a command to ${channel.name}, which is no queue`);
  if (!channel.messages.some(({ type }) => type === contract.type))
    refuse(`sends ${contract.type}, which is no message of ${channel.name}`);
  if (contract.subjectField === undefined) refuse(`sends ${contract.type}, which has no subjectField`);
  if (typeof within === 'number' && !(within > 0)) refuse(`waits ${within} seconds: \`within\` is more than none`);
}

const repeated = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index);
