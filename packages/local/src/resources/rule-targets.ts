import type { BusEvent } from '../services/event-buses.ts';
import { inputOf, type TargetInput } from '../services/target-input.ts';
import { deliveryTo } from './delivery.ts';
import type { Runtime } from './runtime.ts';

export interface RuleTarget extends TargetInput {
  Arn: string;
  RoleArn?: string;
  SqsParameters?: { MessageGroupId?: string };
}

export interface Rule {
  arn: string;
  name: string;
  /** The beginning of error messages, such as `rule Nightly`. */
  errorPrefix: string;
}

const BUS = /^arn:aws:events:[^:]*:[^:]*:event-bus\/(.+)$/;

/** Creates a function that delivers an event to the target of a rule. */
export function targetOfRule(
  runtime: Runtime,
  target: RuleTarget,
  { arn, name, errorPrefix }: Rule,
): (event: BusEvent) => Promise<void> {
  const { Arn, RoleArn, SqsParameters } = target;
  const [, bus] = BUS.exec(Arn) ?? [];
  if (bus !== undefined) {
    runtime.checks.push(() => {
      runtime.buses.require(bus, errorPrefix);
      const principal = { role: RoleArn ?? '' };
      runtime.access.require({ principal, action: 'events:PutEvents', resource: Arn }, errorPrefix);
    });
    return (event) => runtime.buses.put(bus, event);
  }
  const deliver = deliveryTo(runtime, Arn, {
    principal: { service: 'events.amazonaws.com', source: arn },
    errorPrefix,
  });
  const input = inputOf(target, { arn, name });
  return (event) => deliver({ body: input(event), groupId: SqsParameters?.MessageGroupId });
}
