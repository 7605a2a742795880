/**
 * When to send a message. The message is usually sent within a minute after that time, by a sweep that runs every
 * minute.
 */
export type Later = ({ readonly at: Date } | { /** Seconds after the commit. */ readonly after: number }) & {
  /**
   * Name under which the message can be cancelled or replaced. At most one message per subject and name is scheduled.
   * Default: the message id.
   */
  readonly name?: string;
};

export type MaybeLater =
  | { at: Date; after?: never; name?: string }
  | { after: number; at?: never; name?: string }
  | { at?: never; after?: never; name?: never };

/** Up to this date, ISO timestamps sort correctly as strings. */
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** @throws {Error} if the time is invalid: a defect in the caller */
export function laterOf({ at, after, name }: MaybeLater): { later?: Later } {
  if (at === undefined && after === undefined) return {};
  const ms = at?.getTime() ?? (after ?? 0) * 1_000;
  if (!(ms >= 0 && ms <= LAST))
    throw new Error(
      `a scheduled message needs a time: \`at\`, a Date, or \`after\`, a number of seconds; got ${at ?? after}`,
    );
  return { later: { ...(at ? { at } : { after: after ?? 0 }), ...(name !== undefined && { name }) } };
}

/** The due time, ISO 8601. */
export const dueOf = (later: Later, now: Date): string =>
  ('at' in later ? later.at : new Date(now.getTime() + later.after * 1_000)).toISOString();
