import { PublishCommand } from '@aws-sdk/client-sns';
import type { Beside, Started } from '../beside/beside.ts';
import { CloudError } from '../errors/cloud-error.ts';
import type { Core } from './core.ts';

/** Starts the stand-ins beside a cloud, and returns the started stand-ins by name. */
export async function startBeside(
  all: readonly Beside[],
  { region, accountId, state: { database }, access, clients: { sns } }: Core,
  opened: AsyncDisposableStack,
): Promise<ReadonlyMap<string, Started>> {
  const publish = async (TopicArn: string, Message: string) =>
    void (await sns.send(new PublishCommand({ TopicArn, Message })));
  const started = new Map<string, Started>();
  for (const standIn of all) {
    const { name } = standIn;
    if (started.has(name)) throw new CloudError(`Two stand-ins have the name ${name}.`);
    started.set(name, await standIn.start({ region, accountId, database, access, publish }, opened));
  }
  return started;
}

/** Addresses of the started stand-ins, by name. */
export const urlsOf = (beside: ReadonlyMap<string, Started>): Record<string, string> =>
  Object.fromEntries([...beside].map(([name, { url }]) => [name, url]));
