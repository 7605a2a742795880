import { CloudFormationClient, DeleteStackCommand, waitUntilStackDeleteComplete } from '@aws-sdk/client-cloudformation';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { describeStacks } from 'rollcall/internal/stage/templates';

const WAIT = { minDelay: 1, maxDelay: 5, maxWaitTime: 300 };

/**
 * Deletes a stage's stacks, the newest first, because newer stacks import from older ones. Does not use `cdk destroy`:
 * that command identifies stacks by their ARNs, which not every cloud supports.
 */
export async function removeStacks(stage: StageClient, onRemoved: (name: string) => void): Promise<void> {
  const client = new CloudFormationClient(stage.config);
  const stacks = await describeStacks(stage);
  const byAge = stacks.toSorted((a, b) => (b.CreationTime?.getTime() ?? 0) - (a.CreationTime?.getTime() ?? 0));
  for (const { StackName = '' } of byAge) {
    await client.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete({ client, ...WAIT }, { StackName });
    onRemoved(StackName);
  }
}
