import type * as z from 'zod';
import type { Channel } from './channel.ts';
import type { MessageContract } from './contract.ts';

/** A command and its reply. */
export interface Exchange {
  readonly send: readonly [channel: Channel, command: MessageContract];
  // biome-ignore lint/suspicious/noExplicitAny: `step` has checked the data of the very contracts beside it
  readonly by: (data: any) => unknown;
  readonly reply: MessageContract;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly matches?: (reply: any, data: any) => boolean;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly ok?: (reply: any, data: any) => boolean;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly keep?: (reply: any) => object;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly within: number | ((data: any) => number);
}

export interface ProcessStep extends Exchange {
  readonly name: string;
  readonly pivot?: boolean;
  readonly compensate?: Exchange;
}

/** A conversation with several services, as data: its steps in order, and what undoes them. */
export interface ProcessDescriptor<Data = unknown> {
  readonly name: string;
  readonly data: z.ZodType<Data>;
  /** The queue of all replies, and of its own deadlines. */
  readonly replies: Channel;
  /** Default: nobody tells it of the time. */
  readonly deadline?: MessageContract;
  readonly steps: readonly ProcessStep[];
}
