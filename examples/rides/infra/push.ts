import type { Consumer, RollcallApp } from '@rollcall/cdk';
import { CfnParameter, Stack } from 'aws-cdk-lib';

/** Tells consumers of a stack where the push provider is. */
export function pushes(rides: RollcallApp, first: Consumer, ...others: Consumer[]): void {
  const { valueAsString: PUSH_URL } = new CfnParameter(Stack.of(first), 'PushUrl', {
    description: 'Of the push provider.',
  });
  for (const consumer of [first, ...others]) consumer.extend({ PUSH_URL }, (fn) => rides.governance.allowBreaking(fn));
}
