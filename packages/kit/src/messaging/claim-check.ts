import * as z from 'zod';
import { readEnvironment, text } from '../aws/environment.ts';
import { createObjects } from '../aws/objects.ts';
import { sentAbout } from '../contracts/large.ts';
import { dataApart } from './large/claim.ts';
import { type Holder, holdingData } from './large/holding.ts';
import { createShow, type Shown } from './large/show.ts';
import { createReadWhole, type ReadWhole } from './large/whole.ts';
import type { OutboxRow } from './outbox.ts';
import type { Apart } from './outgoing.ts';
import type { SubscriberStore } from './subscriber-store.ts';

export interface ClaimCheckSettings {
  /** Name of the stage's bucket. */
  bucket: string;
}

/** What a consumer of a channel reads with, and its table, which holds what it has parked. */
interface Consuming {
  store: SubscriberStore;
  readWhole: ReadWhole;
  shown: Shown;
}

/**
 * The data of large messages, apart from them (https://www.enterpriseintegrationpatterns.com/StoreInLibrary.html).
 * @public
 */
export interface ClaimCheck {
  /** For the kit itself. */
  consuming(reader: Omit<Holder, 'objects'>, store: SubscriberStore): Consuming;
  /** Makes a message that is too large one without its data. For the kit itself. */
  apart: Apart;
  /** Keeps the data of the messages that are large: before anything is committed that refers to it. */
  keep(rows: readonly OutboxRow[]): Promise<void>;
  /** Deletes the data of what was sent about a subject. */
  erase(channel: string, subject: string): Promise<void>;
}

/**
 * What sends and reads messages of channels that are `large`. Apart, so that no other function carries it.
 * @param settings default: what the environment says, as `@rollcall/cdk` gives it: LARGE_BUCKET
 * @throws {Error} if the environment lacks it
 * @public
 */
export function createClaimCheck({ bucket }: ClaimCheckSettings = ofEnvironment()): ClaimCheck {
  const objects = createObjects(bucket);
  return {
    apart: dataApart,

    consuming(reader, store) {
      const readWhole = createReadWhole({ ...reader, objects });
      return {
        store: holdingData(store, { ...reader, objects }),
        readWhole,
        shown: (read) => createShow({ store, read, readWhole }),
      };
    },

    async keep(rows) {
      const claims = rows.flatMap(({ messages }) => messages).flatMap(({ claim }) => claim ?? []);
      await Promise.all(claims.map(({ key, bytes, contentType }) => objects.put(key, bytes, contentType)));
    },

    erase: (channel, subject) => objects.removeUnder(sentAbout(channel, subject)),
  };
}

function ofEnvironment(): ClaimCheckSettings {
  const { LARGE_BUCKET: bucket } = readEnvironment(z.object({ LARGE_BUCKET: text }));
  return { bucket };
}
