import type * as z from 'zod';
import type { Channel } from './channel.ts';
import type { MessageContract } from './contract.ts';

/** A command and its reply. */
export interface Exchange {
  readonly send: readonly [channel: Channel, command: MessageContract];
  // biome-ignore lint/suspicious/noExplicitAny: `DefineStep` checks the data against the contracts of the same step
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

/** A process manager (saga) as data: its steps in order, with their compensations. */
export interface ProcessDescriptor<Data = unknown> {
  readonly name: string;
  readonly data: z.ZodType<Data>;
  /** The queue for all replies and for the process's own deadlines. */
  readonly replies: Channel;
  /** Message type of deadlines. Default: none, so no message reports an overdue reply to the process. */
  readonly deadline?: MessageContract;
  readonly steps: readonly ProcessStep[];
}
