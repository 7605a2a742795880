import type { MeteredCalls } from '@rollcall/local/internal/metering/meter';

/** The calls of one operation that a function makes to one resource, for one registration or redemption. */
export interface Operation {
  caller: string;
  operation: string;
  /** A table, one of its indexes (`table/index`), a queue or a topic. */
  resource: string;
  calls: number;
  messages: number;
  writeUnits: number;
  readUnits: number;
}

/** Removes the stage's prefix from the name of a resource. */
export const shortName = (name: string) => name.replaceAll(/rollcall-[a-z0-9]+-/g, '');

/**
 * Converts metered calls to rows: one row for each combination of caller, operation and resource. A call on two tables
 * is counted once, in the row of the first table, but each row has the units of its own table.
 * @param count the number of registrations or redemptions, by which all figures are divided
 */
export function operationsOf(calls: readonly MeteredCalls[], count: number): Operation[] {
  const each = (sum: number) => Math.round((sum / count) * 100) / 100;
  return calls
    .flatMap(({ caller, service, operation, resource, calls, messages, units }) => {
      const row = { caller: shortName(caller), operation: `${service} ${operation}` };
      const [first = [resource, { write: 0, read: 0 }], ...others] = Object.entries(units);
      return [first, ...others].map(([table, { write, read }], index) => ({
        ...row,
        resource: shortName(table),
        calls: index === 0 ? each(calls) : 0,
        messages: index === 0 ? each(messages) : 0,
        writeUnits: each(write),
        readUnits: each(read),
      }));
    })
    .toSorted((a, b) => a.caller.localeCompare(b.caller) || b.writeUnits - a.writeUnits);
}
