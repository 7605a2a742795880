import { CloudFormationClient, DeleteStackCommand, waitUntilStackDeleteComplete } from '@aws-sdk/client-cloudformation';
import type { Stage } from 'rollcall/internal/stage/stage';
import { describeStacks } from 'rollcall/internal/stage/templates';

const WAIT = { minDelay: 1, maxDelay: 5, maxWaitTime: 300 };

/**
 * Deletes a stage's stacks, the newest first: what it imports is an older one's. Not by `cdk destroy`, which names a stack
 * by its ARN: not every cloud knows it so, and leaves it.
 */
export async function removeStacks(stage: Stage, onRemoved: (name: string) => void): Promise<void> {
  const client = new CloudFormationClient(stage.config);
  const stacks = await describeStacks(stage);
  const byAge = stacks.toSorted((a, b) => (b.CreationTime?.getTime() ?? 0) - (a.CreationTime?.getTime() ?? 0));
  for (const { StackName = '' } of byAge) {
    await client.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete({ client, ...WAIT }, { StackName });
    onRemoved(StackName);
  }
}
