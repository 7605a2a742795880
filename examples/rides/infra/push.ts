import type { Consumer, RollcallApp } from '@rollcall/cdk';
import { CfnParameter, Stack } from 'aws-cdk-lib';

/** Passes the push provider's URL to consumers of a stack. */
export function addPushProvider(rides: RollcallApp, first: Consumer, ...others: Consumer[]): void {
  const { valueAsString: PUSH_URL } = new CfnParameter(Stack.of(first), 'PushUrl', {
    description: 'URL of the push provider.',
  });
  for (const consumer of [first, ...others]) consumer.extend({ PUSH_URL }, (fn) => rides.governance.allowBreaking(fn));
}
