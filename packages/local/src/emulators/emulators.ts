import { join } from 'node:path';
import { type Emulator, startDynamoDB } from './dynoxide.ts';
import { type MessagingOptions, startMessaging } from './fauxqs.ts';

/** The addresses of the emulators. */
export interface Emulators {
  dynamoDBUrl: string;
  messagingUrl: string;
}

export interface EmulatorsOptions extends Pick<MessagingOptions, 'region' | 'authorizeSending'> {
  /** Folder for data that cannot be in memory. */
  folder: string;
  /** Folder for data that survives a restart; undefined for data in memory. */
  data: string | undefined;
}

export async function startEmulators(
  { folder, data, ...options }: EmulatorsOptions,
  opened: AsyncDisposableStack,
): Promise<Emulators> {
  const opening = async (starting: Promise<Emulator>): Promise<string> => {
    const { url, stop } = await starting;
    opened.defer(stop);
    return url;
  };
  const starting = [
    opening(startDynamoDB(join(folder, 'dynamodb.db'))),
    opening(startMessaging({ folder: data, ...options })),
  ] as const;
  // Waits for both even if one emulator fails, because the other emulator can only be stopped after it has started.
  await Promise.allSettled(starting);
  const [dynamoDBUrl, messagingUrl] = await Promise.all(starting);
  return { dynamoDBUrl, messagingUrl };
}
