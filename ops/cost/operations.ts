import type { MeteredCalls } from '@rollcall/local/internal/metering/meter';

/** What one function does to one table, queue or topic, for each of what was done. */
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

/** A stage's names without what they all begin with. */
export const shortName = (name: string) => name.replaceAll(/rollcall-[a-z0-9]+-/g, '');

/** A call for two tables is in the row of the first that it wrote. */
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
