/** When a message is to be sent: not before, and, as a sweep a minute sends it, at most a minute later. */
export type Later = ({ readonly at: Date } | { /** Seconds from its commit. */ readonly after: number }) & {
  /**
   * By which it can be cancelled, and replaced: at most one message about a subject waits under a name. Default: the id of the
   * message, which only an operator sees.
   */
  readonly name?: string;
};

export type MaybeLater =
  | { at: Date; after?: never; name?: string }
  | { after: number; at?: never; name?: string }
  | { at?: never; after?: never; name?: never };

/** As characters, times are in order until then. */
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** @throws {Error} if the time is none: a defect of the caller */
export function laterOf({ at, after, name }: MaybeLater): { later?: Later } {
  if (at === undefined && after === undefined) return {};
  const ms = at?.getTime() ?? (after ?? 0) * 1_000;
  if (!(ms >= 0 && ms <= LAST))
    throw new Error(
      `a message for later needs a time: \`at\` a Date, or \`after\` so many seconds, not ${at ?? after}`,
    );
  return { later: { ...(at ? { at } : { after: after ?? 0 }), ...(name !== undefined && { name }) } };
}

/** ISO. */
export const dueOf = (later: Later, now: Date): string =>
  ('at' in later ? later.at : new Date(now.getTime() + later.after * 1_000)).toISOString();
