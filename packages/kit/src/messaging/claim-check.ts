import * as z from 'zod';
import { readEnvironment, text } from '../aws/environment.ts';
import { createObjects } from '../aws/objects.ts';
import { sentPrefixOfSubject } from '../contracts/large.ts';
import { dataApart } from './large/claim.ts';
import { type Holder, withParkedCopies } from './large/holding.ts';
import { createShow, type ShowFactory } from './large/show.ts';
import { createReadWhole, type ReadWhole } from './large/whole.ts';
import type { OutboxRow } from './outbox.ts';
import type { Apart } from './outgoing.ts';
import type { SubscriberStore } from './subscriber-store.ts';

export interface ClaimCheckSettings {
  /** Name of the stage's S3 bucket. */
  bucket: string;
}

/**
 * The parts of a consumer that handle large messages: they read the stored data, and store a copy of the data while a
 * message is parked.
 */
interface Consuming {
  store: SubscriberStore;
  readWhole: ReadWhole;
  createShow: ShowFactory;
}

/**
 * Claim check: stores the data of large messages outside the messages
 * (https://www.enterpriseintegrationpatterns.com/StoreInLibrary.html).
 * @public
 */
export interface ClaimCheck {
  /** The parts that a consumer needs. Internal to the kit. */
  consuming(reader: Omit<Holder, 'objects'>, store: SubscriberStore): Consuming;
  /** If a message is too large, replaces its data with a reference. Internal to the kit. */
  apart: Apart;
  /** Stores the data of large messages. Must be called before the rows that refer to the data are committed. */
  keep(rows: readonly OutboxRow[]): Promise<void>;
  /** Deletes the stored data of the messages that were sent about a subject. */
  erase(channel: string, subject: string): Promise<void>;
}

/**
 * Creates the claim check for senders and consumers of channels that are `large`. The claim check is an option, so that
 * functions without large messages do not bundle its code.
 * @param settings default: the environment variable LARGE_BUCKET, which `@rollcall/cdk` sets
 * @throws {Error} if both `settings` and LARGE_BUCKET are missing
 * @public
 */
export function createClaimCheck({ bucket }: ClaimCheckSettings = settingsFromEnvironment()): ClaimCheck {
  const objects = createObjects(bucket);
  return {
    apart: dataApart,

    consuming(reader, store) {
      const readWhole = createReadWhole({ ...reader, objects });
      return {
        store: withParkedCopies(store, { ...reader, objects }),
        readWhole,
        createShow: (read) => createShow({ store, read, readWhole }),
      };
    },

    async keep(rows) {
      const claims = rows.flatMap(({ messages }) => messages).flatMap(({ claim }) => claim ?? []);
      await Promise.all(claims.map(({ key, bytes, contentType }) => objects.put(key, bytes, contentType)));
    },

    erase: (channel, subject) => objects.removeUnder(sentPrefixOfSubject(channel, subject)),
  };
}

function settingsFromEnvironment(): ClaimCheckSettings {
  const { LARGE_BUCKET: bucket } = readEnvironment(z.object({ LARGE_BUCKET: text }));
  return { bucket };
}
